# Sourced by fetch: what secrets hold for git and for registries. Nothing of it
# is written below CARGO_HOME.
export HOME=/tmp/home
mkdir -p "$HOME/.ssh"
if [ -e /run/secrets/netrc ]; then
	ln -s /run/secrets/netrc "$HOME/.netrc"
	CARGO_NET_GIT_FETCH_WITH_CLI=true
	export CARGO_NET_GIT_FETCH_WITH_CLI
fi
if [ -e /run/secrets/git-credentials ]; then
	# Only for reading: the store itself would write on success.
	GIT_CONFIG_COUNT=1
	GIT_CONFIG_KEY_0=credential.helper
	GIT_CONFIG_VALUE_0='!f() { test "$1" != get || git credential-store --file /run/secrets/git-credentials get; }; f'
	CARGO_NET_GIT_FETCH_WITH_CLI=true
	export GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0 CARGO_NET_GIT_FETCH_WITH_CLI
fi
if [ -e /run/secrets/cranekit/known_hosts ]; then
	ln -s /run/secrets/cranekit/known_hosts "$HOME/.ssh/known_hosts"
fi
if [ -n "${SSH_AUTH_SOCK-}" ] && command -v ssh >/dev/null && command -v git >/dev/null; then
	# ssh looks for files in the home of the account, whatever HOME says.
	GIT_SSH_COMMAND="ssh -o BatchMode=yes -o UserKnownHostsFile=$HOME/.ssh/known_hosts"
	CARGO_NET_GIT_FETCH_WITH_CLI=true
	export GIT_SSH_COMMAND CARGO_NET_GIT_FETCH_WITH_CLI
fi
# Registries that want a token need a provider to be named.
if env | grep -q '^CARGO_REGISTRIES_.*_TOKEN='; then
	export CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS="${CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS:-cargo:token}"
fi
