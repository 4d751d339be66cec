package cmd

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	dockerconfig "github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/spf13/cobra"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/project"
)

// loginOptions are the arguments of login.
type loginOptions struct {
	registry, username string
	stdin              bool
}

func (a *app) loginCommand() *cobra.Command {
	o := loginOptions{}
	c := &cobra.Command{
		Use:   "login REGISTRY",
		Short: "Store credentials of a registry where docker login does",
		Long: `Try credentials at a registry and store them in Docker's configuration, or in the
credential store that it names. Toolchain images and caches use what is there.`,
		Example: `  cranekit login registry.example --username ann --password-stdin < token`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.registry = args[0]
			if !o.stdin || o.username == "" {
				return project.Usage(errors.New("login needs --username NAME and --password-stdin"))
			}
			return a.login(c.Context(), o, c.InOrStdin())
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVarP(&o.username, "username", "u", "", "`name` to log in with")
	c.Flags().BoolVar(&o.stdin, "password-stdin", false, "read the password or token from the first line of the standard input")
	return c
}

func (a *app) login(ctx context.Context, o loginOptions, stdin io.Reader) error {
	registry, err := name.NewRegistry(o.registry)
	if err != nil {
		return project.Usage(err)
	}
	line, err := bufio.NewReader(stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return project.Usage(errors.New("there is no password on standard input"))
	}
	if err := tryLogin(ctx, registry, &authn.Basic{Username: o.username, Password: password}); err != nil {
		return err
	}
	key := registry.RegistryStr()
	if key == name.DefaultRegistry {
		key = authn.DefaultAuthKey
	}
	file := dockerconfig.LoadDefaultConfigFile(a.err)
	auth := types.AuthConfig{ServerAddress: key, Username: o.username, Password: password}
	if err := file.GetCredentialsStore(key).Store(auth); err != nil {
		return fmt.Errorf("storing the credentials of %s: %w", key, err)
	}
	_, err = fmt.Fprintf(a.out, "logged in to %s; credentials are in %s\n", o.registry, storeName(file, key))
	return err
}

// tryLogin asks the registry for its root with the credentials: it answers to
// all who may use it.
func tryLogin(ctx context.Context, registry name.Registry, auth authn.Authenticator) error {
	unreachable := func(err error) error {
		return fmt.Errorf("%w: logging in to %s: %w", buildkit.ErrRegistry, registry, err)
	}
	refused := fmt.Errorf("%s refuses the credentials", registry)
	var answer *transport.Error
	client, err := transport.NewWithContext(ctx, registry, auth, http.DefaultTransport, nil)
	switch {
	case errors.As(err, &answer) && (answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden):
		return refused
	case err != nil:
		return unreachable(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, registry.Scheme()+"://"+registry.RegistryStr()+"/v2/", nil)
	if err != nil {
		return err
	}
	response, err := client.RoundTrip(request)
	if err != nil {
		return unreachable(err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return refused
	}
	return unreachable(errors.New(response.Status))
}

// storeName says where the credentials of a registry are.
func storeName(file *configfile.ConfigFile, key string) string {
	if helper := cmp.Or(file.CredentialHelpers[key], file.CredentialsStore); helper != "" {
		return "the credential store " + helper
	}
	return file.Filename + ", unencrypted"
}
