package config

import (
	"net/url"
	"regexp"
	"strings"
)

// credentials are what stands before the host of a URL.
var credentials = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)([^\s/?#"'` + "`" + `]*)@`)

// Redact masks passwords in the URLs of a text, and for http what stands in the
// place of a user: that is often a token.
func Redact(text string) string {
	return credentials.ReplaceAllStringFunc(text, func(found string) string {
		scheme, rest, _ := strings.Cut(found, "://")
		user, _, password := strings.Cut(strings.TrimSuffix(rest, "@"), ":")
		switch {
		case password:
			return scheme + "://" + user + ":xxxxx@"
		case strings.Contains(scheme, "http"):
			return scheme + "://xxxxx@"
		}
		return found
	})
}

// HasPassword reports whether a URL names a user, or cannot be read.
func HasPassword(address string) bool {
	u, err := url.Parse(address)
	return err != nil || u.User != nil
}

// WithoutPassword is a URL without user and password.
func WithoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}
