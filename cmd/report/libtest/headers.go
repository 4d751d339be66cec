package libtest

import (
	"path"
	"slices"
	"strings"
)

// header is a line by which cargo, or cargo-tarpaulin, names what it runs next.
type header struct {
	name string
	// doc is set for the tests in documentation: rustdoc runs the harness
	// several times.
	doc bool
	// most is how often it can come, 0 where that is not known.
	most int
}

// names finds programs by what cargo prints of them.
type names struct {
	*Programs
	// byBase are the paths of the programs by their last element.
	byBase map[string][]string
}

func newNames(p *Programs) names {
	n := names{p, map[string][]string{}}
	if p != nil {
		for file := range p.Names {
			n.byBase[path.Base(file)] = append(n.byBase[path.Base(file)], file)
		}
	}
	return n
}

// known reports whether cargo's messages tell which programs there are.
func (n names) known() bool { return n.Programs != nil }

// header recognises what cargo says before it runs a program: what follows
// "Running" in parentheses, or in backquotes with -v.
func (n names) header(text string) (header, bool) {
	text = strings.TrimSpace(text)
	if crate, ok := strings.CutPrefix(text, "Doc-tests "); ok {
		return n.docs(crate)
	}
	if m := match(tarpaulinLine, text, "INFO cargo_tarpaulin"); m != nil {
		return n.program("", m[1])
	}
	what, ok := strings.CutPrefix(text, "Running ")
	if !ok {
		return header{}, false
	}
	if source, file, ok := strings.Cut(what, " ("); ok && strings.HasSuffix(file, ")") {
		return n.program(source, strings.TrimSuffix(file, ")"))
	}
	if !strings.HasPrefix(what, "`") {
		return header{}, false
	}
	for word := range strings.FieldsSeq(strings.Trim(what, "`")) {
		if h, ok := n.program("", strings.Trim(word, "'")); ok {
			return h, true
		}
	}
	return header{}, false
}

func (n names) docs(crate string) (header, bool) {
	if !n.known() {
		return header{name: crate + "::doc", doc: true}, rustPath.MatchString(crate)
	}
	names := n.Docs[crate]
	if len(names) == 0 {
		return header{}, false
	}
	return header{name: names[0], doc: true, most: len(names)}, true
}

// program is the header of an executable. Where nothing is known of what was
// compiled, any will do that has a name as cargo gives it.
func (n names) program(source, file string) (header, bool) {
	if n.known() {
		of := n.byBase[path.Base(file)]
		i := slices.IndexFunc(of, func(known string) bool { return known == file || strings.HasSuffix(known, "/"+file) })
		if i < 0 {
			return header{}, false
		}
		return header{name: n.Names[of[i]], most: 1}, true
	}
	m := programPath.FindStringSubmatch(path.Base(file))
	if m == nil {
		return header{}, false
	}
	if source == "" || strings.HasPrefix(source, "unittests ") {
		return header{name: m[1]}, true
	}
	return header{name: strings.TrimSuffix(source, ".rs")}, true
}
