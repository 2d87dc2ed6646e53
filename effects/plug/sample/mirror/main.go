// Command mirror is a plug-in for pictures: it turns them left to right, as a host who looks into a mirror expects. It is
// the shortest whole plug-in in Go. It uses the standard library only, so that it can be copied and built anywhere:
//
//	go build -o mirror main.go
//
// Its standard input and output belong to the studio; what it has to say goes to standard error. See ../../PROTOCOL.md.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
)

func main() {
	log.SetFlags(0)
	if err := serve(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// serve answers every picture until the studio closes its end.
func serve(in io.Reader, out io.Writer) error {
	var hello [16]byte
	if _, err := io.ReadFull(in, hello[:]); err != nil {
		return fmt.Errorf("start me from the studio: %w", err)
	}
	version, kind := binary.LittleEndian.Uint16(hello[4:]), binary.LittleEndian.Uint16(hello[6:])
	if string(hello[:4]) != "VPLG" || version != 1 || kind != 1 || string(hello[8:12]) != "I420" {
		return fmt.Errorf("mirror takes pictures by version 1 of the protocol, not %q", hello)
	}
	if _, err := out.Write(hello[:]); err != nil {
		return err
	}
	var message []byte // header and planes, answered as they came but for the planes
	for {
		message = slices.Grow(message[:0], 32)[:32]
		if _, err := io.ReadFull(in, message); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		length := int(binary.LittleEndian.Uint32(message[4:]))
		width, height := int(binary.LittleEndian.Uint32(message[24:])), int(binary.LittleEndian.Uint32(message[28:]))
		message = slices.Grow(message, length)[:32+length]
		if _, err := io.ReadFull(in, message[32:]); err != nil {
			return err
		}
		mirror(message[32:], width, height)
		if _, err := out.Write(message); err != nil {
			return err
		}
	}
}

// mirror turns the rows of the three planes round. Those of colour are half as wide and half as high, rounded up.
func mirror(picture []byte, width, height int) {
	halfWidth, halfHeight := (width+1)/2, (height+1)/2
	luma := width * height
	for row := range slices.Chunk(picture[:luma], width) {
		slices.Reverse(row)
	}
	for row := range slices.Chunk(picture[luma:luma+2*halfWidth*halfHeight], halfWidth) {
		slices.Reverse(row)
	}
}
