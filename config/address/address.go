// Package address has the grammar of addresses: of builders, of Docker engines
// and of the names in both. What is no plain name, host or path is refused
// before anything sees it: programs such as ssh make shell words of the parts
// on the far side, and take for an option what begins with a dash.
package address

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

var (
	hostName  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	userName  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@-]*$`)
	remote    = regexp.MustCompile(`^/[A-Za-z0-9/._-]+$`)
	name      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	kubeName  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	kubeWords = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.@:/-]*$`)
)

// form is one scheme of addresses.
type form struct {
	scheme, form string
	// check looks at an address of the scheme.
	check func(*url.URL) error
}

// forms are those of builders.
func forms() []form {
	return []form{
		{"unix", "unix://PATH", checkUnix},
		{"tcp", "tcp://HOST:PORT", checkTCP},
		{"ssh", "ssh://[USER@]HOST[:PORT][/SOCKET]", checkSSH},
		{"kube-pod", "kube-pod://POD", checkPod},
		{"docker-container", "docker-container://NAME", checkDockerContainer},
		{"podman-container", "podman-container://NAME", checkContainer},
	}
}

// Schemes are the schemes of builders' addresses.
func Schemes() []string {
	var names []string
	for _, f := range forms() {
		names = append(names, f.scheme)
	}
	return names
}

// errForm is wrapped by errors of addresses that lack a part or have one too
// many.
var errForm = errors.New("wrong form")

// CheckBuilder returns what is wrong with the address of a builder. A password
// is not repeated.
func CheckBuilder(s string) error {
	u, err := parse(s)
	if err != nil {
		return err
	}
	var all []string
	for _, f := range forms() {
		all = append(all, f.form)
		if f.scheme != u.Scheme {
			continue
		}
		err := f.check(u)
		if errors.Is(err, errForm) {
			return fmt.Errorf("%q is not of the form %s", s, f.form)
		}
		return wrap(s, err)
	}
	return fmt.Errorf("%q is none of %s", s, strings.Join(all, ", "))
}

// CheckEngine returns what is wrong with the address of a Docker engine.
func CheckEngine(s string) error {
	u, err := parse(s)
	if err != nil {
		return err
	}
	switch u.Scheme {
	case "unix", "npipe":
		return wrap(s, checkUnix(u))
	case "tcp", "http", "https":
		if u.Path != "" && u.Path != "/" && !remote.MatchString(u.Path) {
			return wrap(s, errors.New("its path has other characters than letters, digits and / . _ -"))
		}
		u.Path = ""
		if u.Port() == "" { // docker has a default
			u.Host = strings.TrimSuffix(u.Host, ":") + ":1"
		}
		return wrap(s, checkTCP(u))
	case "ssh":
		return wrap(s, checkSSH(u))
	}
	return fmt.Errorf("%q is not one of unix, npipe, tcp and ssh", s)
}

// CheckContext returns what is wrong with the name of a context of Docker's,
// or with the address that stands in its place.
func CheckContext(s string) error {
	if strings.Contains(s, "://") {
		return CheckEngine(s)
	}
	if !name.MatchString(s) {
		return fmt.Errorf("%q is not the name of a docker context: letters, digits and _ . - only, a letter or digit first", s)
	}
	return nil
}

// parse reads a URL. An error does not repeat it: it may hold a password.
func parse(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || !strings.Contains(s, "://") {
		return nil, errors.New("it is not an address")
	}
	if _, ok := u.User.Password(); ok {
		return nil, errors.New("an address cannot hold a password (use keys and ssh's agent)")
	}
	return u, nil
}

func wrap(s string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%q: %w", s, err)
}

// checkUnix looks at the path of a socket of this machine. No program gets it:
// names that are odd but can be printed are fine.
func checkUnix(u *url.URL) error {
	if u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errForm
	}
	if strings.ContainsFunc(u.Path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return errors.New("its path has characters that cannot be printed")
	}
	return nil
}

func checkTCP(u *url.URL) error {
	if u.Hostname() == "" || u.Port() == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errForm
	}
	return checkHost(u)
}

func checkSSH(u *url.URL) error {
	if u.Hostname() == "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errForm
	}
	if u.User != nil && !userName.MatchString(u.User.Username()) {
		return errors.New("its user has other characters than letters, digits and _ . @ -, or begins with a dash")
	}
	if u.Path != "" && !remote.MatchString(u.Path) {
		return errors.New("its socket is not an absolute path of letters, digits and / . _ - alone")
	}
	return checkHost(u)
}

// checkHost looks at host and port.
func checkHost(u *url.URL) error {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() || ip.Zone() != "" {
			return errors.New("what is in its brackets is not an IPv6 address")
		}
	} else if !hostName.MatchString(host) {
		return errors.New("its host has other characters than letters, digits and _ . -, or begins with a dash")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
			return errors.New("its port is not a port number")
		}
	}
	return nil
}

// checkPod looks at the address of a pod.
func checkPod(u *url.URL) error {
	if u.Host == "" || u.Path != "" || u.User != nil || u.Fragment != "" {
		return errForm
	}
	if !kubeName.MatchString(u.Host) {
		return errors.New("its pod has other characters than small letters, digits and . -, or begins with a dash")
	}
	return checkQuery(u, map[string]*regexp.Regexp{"context": kubeWords, "namespace": kubeName, "container": kubeName})
}

func checkContainer(u *url.URL) error {
	if u.Host == "" || u.Path != "" || u.User != nil || u.Fragment != "" {
		return errForm
	}
	if !name.MatchString(u.Host) {
		return errors.New("its container has other characters than letters, digits and _ . -, or does not begin with a letter or digit")
	}
	return checkQuery(u, nil)
}

func checkDockerContainer(u *url.URL) error {
	without := *u
	without.RawQuery, without.ForceQuery = "", false
	if err := checkContainer(&without); err != nil {
		return err
	}
	return checkQuery(u, map[string]*regexp.Regexp{"context": name})
}

// checkQuery lets the known parameters through, each once.
func checkQuery(u *url.URL, known map[string]*regexp.Regexp) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("what follows its ? cannot be read")
	}
	var keys []string
	for key := range query {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		switch want := known[key]; {
		case want == nil:
			return fmt.Errorf("it has no parameter %q", key)
		case len(query[key]) != 1:
			return fmt.Errorf("it has the parameter %s twice", key)
		case !want.MatchString(query[key][0]):
			return fmt.Errorf("%q is not a value for its parameter %s", query[key][0], key)
		}
	}
	return nil
}
