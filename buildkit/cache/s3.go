package cache

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// askS3 asks with the credentials of the cache. A builder with a role of its
// own needs none, and is the only one to know then.
func askS3(ctx context.Context, attrs map[string]string) (presence, error) {
	if attrs["access_key_id"] == "" || attrs["region"] == "" {
		return unknown, nil
	}
	prefix, ok := attrs["manifests_prefix"]
	if !ok {
		prefix = "manifests/"
	}
	// A HEAD has no body, which alone tells a record that is missing from a
	// bucket that is.
	object, err := s3Client(attrs).GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(attrs["bucket"]), Key: aws.String(attrs["prefix"] + prefix + attrs["name"]),
	})
	var missing *types.NoSuchKey
	var refused smithy.APIError
	switch {
	case err == nil:
		return present, object.Body.Close()
	case errors.As(err, &missing):
		return absent, nil
	case errors.As(err, &refused):
		return unknown, nil
	}
	return unknown, err
}

// s3Client asks as BuildKit does, but once.
func s3Client(attrs map[string]string) *s3.Client {
	o := s3.Options{
		Region: attrs["region"], RetryMaxAttempts: 1, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
		Credentials: credentials.NewStaticCredentialsProvider(attrs["access_key_id"], attrs["secret_access_key"], attrs["session_token"]),
	}
	// What encodings are taken is in the signature, and Google's service changes
	// that on the way.
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		_, err := stack.Finalize.Remove("DisableAcceptEncodingGzip")
		return err
	})
	// BuildKit has no other style for a service that is not Amazon's.
	if endpoint := attrs["endpoint_url"]; endpoint != "" {
		o.BaseEndpoint, o.UsePathStyle = aws.String(endpoint), attrs["use_path_style"] == "true"
	}
	return s3.New(o)
}
