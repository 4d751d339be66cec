package config

import "regexp"

// madeUser is the user that the word true stands for.
const madeUser = "1000"

// userName is the name of a user, or its number with or without that of a group.
var userName = regexp.MustCompile(`^([a-z_][a-z0-9_-]{0,31}|[0-9]{1,9}(:[0-9]{1,9})?)$`)

// userKeys are the keys of who runs a check, which exist in common and in every
// check.
func userKeys(prefix string, of func(*Config, *Check) any) []key {
	return []key{{
		path: prefix + "user", typ: userKey, check: each(user), absent: "root", example: "true",
		doc: "Run checks as a user that is not root: `true` for one with uid 1000, a name that the image has, or `UID:GID`. " +
			"A user that is only a number is made. It has `HOME`, the source and `/out` to write to. `false` is root.",
		at: of,
	}}
}

// user refuses what is no user, and root, which needs no key.
func user(name string) (message, hint string) {
	switch {
	case name == "":
	case name == "root" || name == "0" || name == "0:0":
		return "checks run as root without it", "leave it out, or write false"
	case !userName.MatchString(name):
		return "is no user", "write true, the name of a user of the image, or UID:GID"
	}
	return "", ""
}

// insecureKeys is the key of checks that the sandbox of builds is too narrow for.
func insecureKeys() []key {
	return []key{{
		path: checkPrefix + "insecure", typ: boolKey,
		needs: needs(TrustInsecure),
		doc: "Run the check without the sandbox of builds, with all privileges of the builder: for io_uring, namespaces and the like. " +
			"The builder has to allow its entitlement `security.insecure`, as the embedded one does.",
		at: func(_ *Config, c *Check) any { return &c.Insecure },
	}}
}
