#!/bin/sh -e
# Makes the certificates of the tests. Keys here protect nothing: they are public.
# v1-cert.pem follows the recipe of the SPICE manual: without -extfile, openssl 3.0 makes X.509 version 1.
cd "$(dirname "$0")"
days=36500
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.tmp -out ca-cert.pem -days $days -subj "/CN=spice-appliance test CA"
openssl req -newkey rsa:2048 -nodes -keyout server-key.pem -out server.tmp -subj "/CN=localhost"
openssl x509 -req -in server.tmp -CA ca-cert.pem -CAkey ca-key.tmp -set_serial 1 -days $days -out v1-cert.pem
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n' > ext.tmp
openssl x509 -req -in server.tmp -CA ca-cert.pem -CAkey ca-key.tmp -set_serial 2 -days $days -extfile ext.tmp -out v3-cert.pem
openssl x509 -req -in server.tmp -CA ca-cert.pem -CAkey ca-key.tmp -set_serial 3 -days 0 -extfile ext.tmp -out expired-cert.pem
# the same key under the password "hello", in both forms that openssl writes
openssl pkcs8 -topk8 -v2 aes-256-cbc -in server-key.pem -passout pass:hello -out encrypted-key.pem
openssl rsa -traditional -aes128 -in server-key.pem -passout pass:hello -out traditional-key.pem
openssl rsa -traditional -in server-key.pem -out pkcs1-key.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out other-key.pem
# an elliptic curve, and an intermediate CA between it and the root
openssl ecparam -name prime256v1 -genkey -noout -out ec-key.pem
openssl req -newkey rsa:2048 -nodes -keyout middle-key.tmp -out middle.tmp -subj "/CN=spice-appliance test CA in between"
printf 'basicConstraints=CA:TRUE\n' > ca.tmp
openssl x509 -req -in middle.tmp -CA ca-cert.pem -CAkey ca-key.tmp -set_serial 4 -days $days -extfile ca.tmp -out middle-cert.pem
openssl req -new -key ec-key.pem -out ec.tmp -subj "/CN=localhost"
openssl x509 -req -in ec.tmp -CA middle-cert.pem -CAkey middle-key.tmp -set_serial 5 -days $days -extfile ext.tmp -out ec-cert.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout other.tmp -out other-ca-cert.pem -days $days -subj "/CN=another CA"
rm -f ./*.tmp
