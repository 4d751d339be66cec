package llb

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MarshalJSON renders what a person or a program may want to know of a node.
func (n *Node) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name     string   `json:"name"`
		Role     Role     `json:"role"`
		Kind     string   `json:"kind,omitempty"`
		Needs    []string `json:"needs"`
		Dir      string   `json:"dir,omitempty"`
		Network  bool     `json:"network"`
		Why      string   `json:"network_asked_for_by,omitempty"`
		Commands []string `json:"commands"`
	}{n.Name, n.Role, n.Kind, append([]string{}, n.Needs...), n.Dir, n.Network, n.Why, n.Commands})
}

// parent is the node under which a tree shows this one: the last that it
// needs of the chain from the toolchain to the checks.
func (n *Node) parent() string {
	if len(n.Needs) == 0 {
		return ""
	}
	if (n.Role == RoleCheck || n.Role == RoleLayer) && !strings.HasPrefix(n.Needs[0], NodeToolchain) {
		return n.Needs[0]
	}
	return n.Needs[len(n.Needs)-1]
}

// WriteText writes nodes as a tree with their commands, which can be copied.
func WriteText(w io.Writer, nodes []*Node) error {
	children := map[string][]*Node{}
	for _, n := range nodes {
		children[n.parent()] = append(children[n.parent()], n)
	}
	var b strings.Builder
	writeTree(&b, children, "", "")
	_, err := io.WriteString(w, b.String())
	return err
}

func writeTree(b *strings.Builder, children map[string][]*Node, of, indent string) {
	for i, n := range children[of] {
		branch, below := "├─ ", "│  "
		if i == len(children[of])-1 {
			branch, below = "└─ ", "   "
		}
		if of == "" {
			branch, below = "", ""
		}
		fmt.Fprintf(b, "%s%s%s%s\n", indent, branch, n.Name, n.remarks())
		rail := "   "
		if len(children[n.Name]) > 0 {
			rail = "│  "
		}
		for _, command := range shown(n) {
			fmt.Fprintf(b, "%s%s%s   %s\n", indent, below, rail, strings.ReplaceAll(command, "\n", "\n"+indent+below+rail+"   "))
		}
		writeTree(b, children, n.Name, indent+below)
	}
}

// shown are the commands of a node in a tree. Layers have those of their check.
func shown(n *Node) []string {
	if n.Role == RoleLayer {
		return nil
	}
	return n.Commands
}

func (n *Node) remarks() string {
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
	if tools := n.tools(); n.Role == RoleCheck && len(tools) > 0 {
		remarks = append(remarks, "with "+strings.Join(tools, ", "))
	}
	if len(remarks) == 0 {
		return ""
	}
	return " (" + strings.Join(remarks, "; ") + ")"
}

// tools are the tools among what a node needs.
func (n *Node) tools() []string {
	return slices.DeleteFunc(slices.Clone(n.Needs), func(need string) bool {
		return !strings.HasPrefix(need, string(RoleTool)+" ") && !strings.HasPrefix(need, string(RoleTool)+"@")
	})
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
