# Sourced by the vertices that use the network. What a machine needs to get
# out (authorities, proxy) comes as optional secrets, which are not part of any
# cache key. The authorities are added to those that the image has, and so is the
# file $named_authorities.
authorities=/tmp/cranekit-ca.pem
given=
for bundle in /run/secrets/cranekit/ca.pem ${named_authorities:+"$named_authorities"}; do
	if [ ! -s "$bundle" ]; then continue; fi
	if [ -z "$given" ]; then
		given=yes
		: >"$authorities"
		for own in "${SSL_CERT_FILE-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/cert.pem; do
			if [ -s "$own" ]; then
				cat "$own" >>"$authorities"
				break
			fi
		done
	fi
	{
		echo
		cat "$bundle"
	} >>"$authorities"
done
if [ -n "$given" ]; then
	export CARGO_HTTP_CAINFO="$authorities" SSL_CERT_FILE="$authorities" GIT_SSL_CAINFO="$authorities" CURL_CA_BUNDLE="$authorities"
fi
if [ -s /run/secrets/cranekit/proxy.sh ]; then
	. /run/secrets/cranekit/proxy.sh
fi
export CARGO_NET_RETRY=5
