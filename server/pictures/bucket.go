package pictures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"vitrine/server/wire"
)

// bucketWithin is how long an S3-compatible storage may take to do one thing, its repeats included.
const bucketWithin = 30 * time.Second

// Bucket keeps files in an S3-compatible storage. Its addresses have the bucket's name in their path, as all such storages understand.
type Bucket struct {
	client       *minio.Client
	name, prefix string
}

// NewBucket makes a Bucket of an address as s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=REGION. Without an endpoint it is
// Amazon's, without a region us-east-1. It connects to nothing. Its errors do not hold the keys.
func NewBucket(address, key, secret string) (*Bucket, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil || u.Port() != "" {
		return nil, errors.New("a bucket is told as s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION; its keys apart from it")
	}
	if key == "" || secret == "" {
		return nil, fmt.Errorf("the bucket %s needs a key and a secret", u.Host)
	}
	options := &minio.Options{Creds: credentials.NewStaticV4(key, secret, ""), Secure: true, Region: "us-east-1", BucketLookup: minio.BucketLookupPath, MaxRetries: 3}
	host := "s3.amazonaws.com"
	for name, values := range u.Query() {
		switch value := values[0]; name {
		case "region":
			options.Region = value
		case "endpoint":
			e, err := url.Parse(value)
			if err != nil || e.Host == "" || e.Scheme != "http" && e.Scheme != "https" || strings.Trim(e.Path, "/") != "" {
				return nil, fmt.Errorf("the bucket's endpoint %q is no address of the form https://HOST:PORT", value)
			}
			host, options.Secure = e.Host, e.Scheme == "https"
		default:
			return nil, fmt.Errorf("a bucket's address has endpoint and region, not %q", name)
		}
	}
	client, err := minio.New(host, options)
	if err != nil {
		return nil, fmt.Errorf("the bucket's endpoint %s: %w", host, err)
	}
	prefix := strings.Trim(u.Path, "/")
	if prefix != "" {
		prefix += "/"
	}
	return &Bucket{client, u.Host, prefix}, nil
}

// Put implements Storage.
func (b *Bucket) Put(ctx context.Context, name string, file []byte) error {
	ctx, cancel := context.WithTimeout(ctx, bucketWithin)
	defer cancel()
	_, err := b.client.PutObject(ctx, b.name, b.prefix+name, bytes.NewReader(file), int64(len(file)), minio.PutObjectOptions{
		ContentType: "image/jpeg", CacheControl: "public, max-age=31536000, immutable",
	})
	return wrap("put into the bucket", err)
}

// Get implements Storage.
func (b *Bucket) Get(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, bucketWithin)
	defer cancel()
	o, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, wrap("get from the bucket", err)
	}
	defer o.Close()
	file, err := io.ReadAll(io.LimitReader(o, MaxFile))
	if missing(err) {
		return nil, wire.Errorf(wire.NotFound, "there is no such picture")
	}
	return file, wrap("get from the bucket", err)
}

// Has implements Storage.
func (b *Bucket) Has(ctx context.Context, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, bucketWithin)
	defer cancel()
	_, err := b.client.StatObject(ctx, b.name, b.prefix+name, minio.StatObjectOptions{})
	if missing(err) {
		return false, nil
	}
	return err == nil, wrap("look into the bucket", err)
}

// Drop implements Storage.
func (b *Bucket) Drop(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, bucketWithin)
	defer cancel()
	err := b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{})
	if missing(err) {
		return nil
	}
	return wrap("remove from the bucket", err)
}

// missing says that an error means that there is no such file, where the bucket is.
func missing(err error) bool { return err != nil && minio.ToErrorResponse(err).Code == minio.NoSuchKey }
