# Sourced by the vertices that use the network. What a machine needs to get
# out (authorities, proxy) comes as optional secrets, which are not part of any
# cache key.
ca=/run/secrets/cranekit/ca.pem
if [ -s "$ca" ]; then
	export CARGO_HTTP_CAINFO="$ca" SSL_CERT_FILE="$ca" GIT_SSL_CAINFO="$ca" CURL_CA_BUNDLE="$ca"
fi
if [ -s /run/secrets/cranekit/proxy.sh ]; then
	. /run/secrets/cranekit/proxy.sh
fi
export CARGO_NET_RETRY=5
