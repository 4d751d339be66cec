package corpus

import (
	"slices"
	"testing"
)

// TestDrawIsTaken has each candidate up to the last that is in the corpus: it
// is there, or a rule is given for why not.
func TestDrawIsTaken(t *testing.T) {
	t.Parallel()
	for kind, taken := range map[string][]string{
		KindLibrary: programNames(), KindProgram: programNames(), KindWorkspace: repositoryNames(),
	} {
		list, err := Draw(kind)
		if err != nil {
			t.Fatal(err)
		}
		last := -1
		for i, c := range list {
			if slices.Contains(taken, c.id()) {
				last = i
			}
		}
		if last < 0 {
			t.Errorf("no %s of the draw is in the corpus", kind)
		}
		for _, c := range list[:last+1] {
			passed := slices.IndexFunc(PassedOver, func(p Passed) bool { return p.Kind == kind && p.Name == c.Name })
			if in := slices.Contains(taken, c.id()); in == (passed >= 0) {
				t.Errorf("%s %s: in the corpus %t, passed over %t", kind, c.Name, in, passed >= 0)
			}
			if passed >= 0 && Rules[PassedOver[passed].Why] == "" {
				t.Errorf("%s is passed over by no rule: %q", c.Name, PassedOver[passed].Why)
			}
		}
	}
}

// id is what says that a candidate is in the corpus: with the version, as
// another one would be a choice.
func (c Candidate) id() string { return c.Name + "@" + c.Version }

func programNames() []string {
	var list []string
	for _, p := range DrawnPrograms {
		list = append(list, p.Name+"@"+p.Version)
	}
	return list
}

func repositoryNames() []string {
	var list []string
	for _, r := range Repositories {
		list = append(list, r.Owner+"/"+r.Name+"@")
	}
	return list
}

// TestNamesOfCases: results are kept by the names of cases.
func TestNamesOfCases(t *testing.T) {
	t.Parallel()
	cases, err := All()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for i := range cases {
		if names[cases[i].Name] {
			t.Errorf("two cases are called %s", cases[i].Name)
		}
		names[cases[i].Name] = true
	}
}
