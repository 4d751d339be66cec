# Sourced by what asks registries.

# unreachable reports whether a log of cargo tells of a registry that cannot be
# reached just now. A certificate of an unknown authority will be one tomorrow.
unreachable() {
	if grep -qE 'SSL certificate problem|SSL peer certificate|SSL certificate is invalid|SSL CA cert|invalid peer certificate|certificate verif' "$1"; then return 1; fi
	grep -qE "spurious network error|download of .* failed|failed to download|Couldn't (connect|resolve)|[Cc]ould not resolve" "$1"
}

# give_up ends the script by the log of a failed command: EX_TEMPFAIL for what
# may go better the next time.
give_up() {
	if unreachable "$1"; then exit 75; fi
	exit 101
}
