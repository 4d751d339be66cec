# Sourced by what masks secrets: learn writes the texts that mask.awk looks for to
# the file $texts, in memory as the secrets themselves. $masked are the secrets as
# secrets.awk takes them, a line each, and no variable of the environment: the
# commands have that of other checks.
texts=/dev/shm/cranekit-secrets
learn() {
	rm -f "$texts"
	(
		umask 077
		CRANEKIT_MASKED=$masked LC_ALL=C awk -v dir=/run/secrets -f "$lib/secrets.awk" >"$texts"
	)
}
