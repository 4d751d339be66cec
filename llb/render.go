package llb

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// MarshalJSON renders what a person or a program may want to know of a node.
func (n *Node) MarshalJSON() ([]byte, error) {
	maxAge := ""
	if n.MaxAge > 0 {
		maxAge = age(n.MaxAge)
	}
	return json.Marshal(struct {
		Name     string   `json:"name"`
		Role     Role     `json:"role"`
		Kind     string   `json:"kind,omitempty"`
		Owner    string   `json:"owner,omitempty"`
		Needs    []string `json:"needs"`
		Dir      string   `json:"dir,omitempty"`
		Network  bool     `json:"network"`
		Why      string   `json:"network_asked_for_by,omitempty"`
		User     string   `json:"user,omitempty"`
		Insecure string   `json:"insecure_asked_for_by,omitempty"`
		Uncached bool     `json:"in_every_run,omitempty"`
		MaxAge   string   `json:"max_age,omitempty"`
		Sees     string   `json:"sees,omitempty"`
		Commands []string `json:"commands"`
	}{
		n.Name, n.Role, n.Kind, n.Owner, append([]string{}, n.Needs...), n.Dir, n.Network, n.Why, n.User, n.Insecure,
		n.Role == RoleCheck && n.Uncached, maxAge, n.Sees, n.Commands,
	})
}

// roles are those of nodes by their names.
type roles map[string]Role

func rolesOf(nodes []*Node) roles {
	known := roles{}
	for _, n := range nodes {
		known[n.Name] = n.Role
	}
	return known
}

// parent is the node under which a tree shows this one: the last that it
// needs of the chain from the toolchain to the checks.
func (n *Node) parent(known roles) string {
	if len(n.Needs) == 0 {
		return ""
	}
	if (n.Role == RoleCheck || n.Role == RoleLayer) && known[n.Needs[0]] != RoleToolchain {
		return n.Needs[0]
	}
	return n.Needs[len(n.Needs)-1]
}

// WriteText writes nodes as a tree with their commands, which can be copied.
func WriteText(w io.Writer, nodes []*Node) error {
	t := tree{roles: rolesOf(nodes), children: map[string][]*Node{}}
	for _, n := range nodes {
		parent := n.parent(t.roles)
		t.children[parent] = append(t.children[parent], n)
	}
	var b strings.Builder
	t.write(&b, "", "")
	_, err := io.WriteString(w, b.String())
	return err
}

// tree is the nodes of a graph, each below its parent.
type tree struct {
	roles    roles
	children map[string][]*Node
}

func (t *tree) write(b *strings.Builder, of, indent string) {
	for i, n := range t.children[of] {
		branch, below := "├─ ", "│  "
		if i == len(t.children[of])-1 {
			branch, below = "└─ ", "   "
		}
		if of == "" {
			branch, below = "", ""
		}
		fmt.Fprintf(b, "%s%s%s%s\n", indent, branch, n.Name, n.remarks(t.roles))
		rail := "   "
		if len(t.children[n.Name]) > 0 {
			rail = "│  "
		}
		for _, command := range shown(n) {
			fmt.Fprintf(b, "%s%s%s   %s\n", indent, below, rail, strings.ReplaceAll(command, "\n", "\n"+indent+below+rail+"   "))
		}
		t.write(b, n.Name, indent+below)
	}
}

// shown are the commands of a node in a tree. Layers have those of their check.
func shown(n *Node) []string {
	if n.Role == RoleLayer {
		return nil
	}
	return n.Commands
}

func (n *Node) remarks(known roles) string {
	var remarks []string
	switch {
	case n.Role == RoleStage:
		remarks = append(remarks, "deps")
	case n.Role == RoleLayer:
		remarks = append(remarks, "what the check compiles of this member")
	case n.Kind != "" && n.Kind != n.Name:
		remarks = append(remarks, n.Kind)
	}
	switch {
	case n.Why != "":
		remarks = append(remarks, "network, asked for by "+n.Why)
	case n.Network:
		remarks = append(remarks, "network")
	}
	if n.Insecure != "" {
		remarks = append(remarks, "no sandbox, asked for by "+n.Insecure)
	}
	if n.User != "" {
		remarks = append(remarks, "as user "+n.User)
	}
	switch {
	case n.Uncached && n.Role == RoleCheck:
		remarks = append(remarks, "in every run")
	case n.MaxAge > 0:
		remarks = append(remarks, "again every "+age(n.MaxAge))
	}
	if n.Sees != "" {
		remarks = append(remarks, "sees "+n.Sees)
	}
	if tools := n.tools(known); n.Role == RoleCheck && len(tools) > 0 {
		remarks = append(remarks, "with "+strings.Join(tools, ", "))
	}
	if len(remarks) == 0 {
		return ""
	}
	return " (" + strings.Join(remarks, "; ") + ")"
}

// age is a duration without parts that are zero.
func age(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// tools are the tools among what a node needs.
func (n *Node) tools(known roles) []string {
	return slices.DeleteFunc(slices.Clone(n.Needs), func(need string) bool { return known[need] != RoleTool })
}

// WriteDot writes nodes as a graph for Graphviz.
func WriteDot(w io.Writer, nodes []*Node) error {
	var b strings.Builder
	b.WriteString("digraph cranekit {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n")
	for _, n := range nodes {
		style := ""
		if n.Role == RoleCheck {
			style = ", style=rounded"
		}
		label := n.Name
		if len(n.Commands) > 0 {
			label += "\n" + n.Commands[0]
		}
		fmt.Fprintf(&b, "  %q [label=%q%s];\n", n.Name, label, style)
		for _, need := range n.Needs {
			fmt.Fprintf(&b, "  %q -> %q;\n", need, n.Name)
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}
