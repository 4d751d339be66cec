package cache

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/cranekit/cranekit/buildkit/sanitize"
)

// withoutSecrets takes credentials out of a message. The address of a cache for
// GitHub Actions can be one: act and its like have a secret in its path.
func (c *Cache) withoutSecrets(message string) string {
	for _, key := range []string{"token", "ghtoken", "secret_access_key", "session_token"} {
		if secret := c.Attrs[key]; secret != "" {
			message = strings.ReplaceAll(message, secret, "…")
		}
	}
	for _, key := range []string{"url", "url_v2"} {
		if u, err := url.Parse(c.Attrs[key]); err == nil && u.Host != "" {
			message = strings.ReplaceAll(message, strings.TrimRight(c.Attrs[key], "/"), u.Scheme+"://"+u.Host)
		}
	}
	return message
}

var (
	// ofOneRequest is what is different in each answer of a service.
	ofOneRequest = regexp.MustCompile(`,? RequestID: [^\s,]*,?|,? HostID: [^\s,]*,?`)
	blobDigest   = regexp.MustCompile(`sha256(:|%3A)[0-9a-f]{64}`)
	// query is that of an address. Signatures are in there.
	query = regexp.MustCompile(`(https?://[^\s"?]*)\?[^\s"]*`)
	// azureAnswer is the part of an error of Azure's client that says why.
	azureAnswer = regexp.MustCompile(`(?s)\n-{20,}\nRESPONSE \d+: ([^\n]*)\nERROR CODE:? (\S+)\n.*`)
	commas      = regexp.MustCompile(`,(\s*,)+`)
	// noise says nothing to people.
	noise = strings.NewReplacer("failed to solve: ", "", "https response error StatusCode: 0,", "", "https response error StatusCode:", "status")
)

// problemText makes one line of an error of a cache that is the same for all
// records that it befalls, and has no signatures in it.
func problemText(message, record string) string {
	if record != "" {
		message = strings.ReplaceAll(message, record, "…")
	}
	message = azureAnswer.ReplaceAllString(message, ": $1 ($2)")
	message = query.ReplaceAllString(message, "$1")
	message = blobDigest.ReplaceAllString(message, "…")
	message = ofOneRequest.ReplaceAllString(message, ",")
	message = commas.ReplaceAllString(noise.Replace(message), ",")
	return sanitize.Line(strings.Join(strings.Fields(message), " "))
}
