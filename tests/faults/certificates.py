"""Certificates of an authority of our own, made by openssl: right ones, and each wrong in one way."""
import os
import subprocess

CONFIG = """[ca]
default_ca = here
[here]
new_certs_dir = {directory}
database = {directory}/index
serial = {directory}/serial
policy = any
default_md = sha256
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[v3_ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
"""


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Authority:
    def __init__(self, directory, name):
        self.directory = os.path.join(directory, name)
        os.mkdir(self.directory)
        self.config, self.key, self.file = (os.path.join(self.directory, n) for n in ("config", "key", "ca.pem"))
        with open(self.config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(directory=self.directory))
        for path, content in (("index", ""), ("serial", "01\n")):
            with open(os.path.join(self.directory, path), "w", encoding="ascii") as file:
                file.write(content)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "36500",
                "-subj", f"/CN=Authority {name}", "-keyout", self.key, "-out", self.file, "-config", self.config,
                "-extensions", "v3_ca", "-set_serial", "1")
        # the clock of the tests stands before today: valid from long ago
        request = os.path.join(self.directory, "ca.csr")
        openssl("req", "-new", "-key", self.key, "-subj", f"/CN=Authority {name}", "-config", self.config, "-out", request)
        openssl("ca", "-batch", "-config", self.config, "-selfsign", "-keyfile", self.key, "-in", request, "-notext",
                "-startdate", "20200101000000Z", "-enddate", "20600101000000Z", "-extensions", "v3_ca", "-out", self.file,
                "-cert", self.file)

    def sign(self, name, hosts, start="20200101000000Z", end="20590101000000Z"):
        """(certificate, key) of those hosts: names, or addresses with "IP:" before them."""
        key, request, file = (os.path.join(self.directory, name + end_) for end_ in (".key", ".csr", ".pem"))
        alternatives = ",".join(host if ":" in host else f"DNS:{host}" for host in hosts)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", request, "-config", self.config, "-addext", f"subjectAltName={alternatives}")
        openssl("ca", "-batch", "-config", self.config, "-keyfile", self.key, "-cert", self.file, "-in", request,
                "-startdate", start, "-enddate", end, "-notext", "-out", file)
        return file, key


def self_signed(directory, host):
    """(certificate, key) that nobody signed but its owner."""
    authority = Authority(directory, "nobody")
    key, file = os.path.join(authority.directory, "own.key"), os.path.join(authority.directory, "own.pem")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={host}",
            "-keyout", key, "-out", file, "-config", authority.config, "-addext", f"subjectAltName=DNS:{host}")
    request = os.path.join(authority.directory, "own.csr")
    openssl("req", "-new", "-key", key, "-subj", f"/CN={host}", "-config", authority.config, "-out", request,
            "-addext", f"subjectAltName=DNS:{host}")
    openssl("ca", "-batch", "-config", authority.config, "-selfsign", "-keyfile", key, "-cert", file, "-in", request,
            "-startdate", "20200101000000Z", "-enddate", "20590101000000Z", "-notext", "-out", file)
    return file, key
