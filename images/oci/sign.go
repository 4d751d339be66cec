package oci

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/sigstore/cosign/v3/pkg/cosign"
	cosignoci "github.com/sigstore/cosign/v3/pkg/oci"
	"github.com/sigstore/cosign/v3/pkg/oci/mutate"
	"github.com/sigstore/cosign/v3/pkg/oci/remote"
	"github.com/sigstore/cosign/v3/pkg/oci/static"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/payload"
)

// Signer signs images with a key of cosign's.
type Signer struct{ key signature.SignerVerifier }

// OpenKey reads a private key that `cosign generate-key-pair` made: a file, or
// env://NAME for a variable that holds it. The password is that of the key.
func OpenKey(spec, password string, getenv func(string) string) (*Signer, error) {
	text, err := readKey(spec, getenv)
	if err != nil {
		return nil, err
	}
	key, err := cosign.LoadPrivateKey(text, []byte(password), nil)
	if err != nil {
		return nil, fmt.Errorf("reading the key %s: %w; its password is taken from COSIGN_PASSWORD", spec, err)
	}
	return &Signer{key}, nil
}

func readKey(spec string, getenv func(string) string) ([]byte, error) {
	variable, ok := strings.CutPrefix(spec, "env://")
	if !ok {
		text, err := os.ReadFile(spec)
		if err != nil {
			return nil, fmt.Errorf("reading the key: %w", err)
		}
		return text, nil
	}
	text := getenv(variable)
	if text == "" {
		return nil, fmt.Errorf("the variable %s is not set", variable)
	}
	return []byte(text), nil
}

// Sign puts a signature beside an image in its registry, under the tag that
// cosign verify looks at. Signatures of others stay; if this key has signed the
// image before, nothing is added.
func (s *Signer) Sign(ctx context.Context, image name.Digest) error {
	text, err := payload.Cosign{Image: image}.MarshalJSON()
	if err != nil {
		return err
	}
	opt := remote.WithRemoteOptions(options(ctx)...)
	entity, err := remote.SignedEntity(image, opt)
	if err != nil {
		return fmt.Errorf("signing %s: %w", image, err)
	}
	if signed, err := s.signed(entity, text); err != nil || signed {
		return err
	}
	raw, err := s.key.SignMessage(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("signing %s: %w", image, err)
	}
	sig, err := static.NewSignature(text, base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		return fmt.Errorf("signing %s: %w", image, err)
	}
	if entity, err = mutate.AttachSignatureToEntity(entity, sig); err != nil {
		return fmt.Errorf("signing %s: %w", image, err)
	}
	if err := remote.WriteSignatures(image.Repository, entity, opt); err != nil {
		return fmt.Errorf("signing %s: %w", image, err)
	}
	return nil
}

// signed reports whether there is a signature of this key on the same text.
func (s *Signer) signed(entity cosignoci.SignedEntity, text []byte) (bool, error) {
	there, err := entity.Signatures()
	if err != nil {
		return false, err
	}
	list, err := there.Get()
	if err != nil {
		return false, err
	}
	for _, sig := range list {
		encoded, err := sig.Base64Signature()
		if err != nil {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			continue
		}
		other, err := sig.Payload()
		if err == nil && bytes.Equal(other, text) && s.key.VerifySignature(bytes.NewReader(raw), bytes.NewReader(text)) == nil {
			return true, nil
		}
	}
	return false, nil
}

// ErrNoPush is the error of a signature without a registry to put it in.
var ErrNoPush = errors.New("a signature is put beside an image in a registry: --sign needs --push")
