package cmd

import (
	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of crane.yaml",
		Long: `Print the JSON Schema (draft 7) of crane.yaml, for completion and checks while
one types. Editors with a YAML language server read where it is from the first
line of the file, which cranekit init writes:

  # yaml-language-server: $schema=` + config.SchemaURL,
		Example: `  cranekit config schema > crane.schema.json
  cranekit config schema | jq .definitions.check.properties`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := config.Schema(llb.Kinds())
			if err != nil {
				return err
			}
			_, err = a.out.Write(text)
			return err
		},
	}
}
