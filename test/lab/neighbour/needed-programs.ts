import { accessSync } from 'node:fs'

/** The files that show that a program of another project is installed. `need` of script/bootstrap tests the same. */
export const neededPrograms = {
  docker: ['dockerd', 'runc'],
  podman: ['podman', '/usr/lib/podman/netavark', 'runc'],
  cni: ['/usr/lib/cni/portmap'],
  firewalld: ['firewalld', 'dbus-daemon'],
  ufw: ['ufw'],
  libvirt: ['libvirtd', 'virsh', 'dnsmasq'],
  fail2ban: ['fail2ban-server'],
  etcd: ['etcd'],
  openssl: ['openssl'],
  faketime: ['/usr/bin/faketime'],
  systemd: ['/usr/lib/systemd/systemd', 'systemctl'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type Neighbour = keyof typeof neededPrograms

// Docker's own packages install to /usr/bin, Debian's to /usr/sbin.
const folders = (): readonly string[] => [
  ...(process.env.PATH ?? '').split(':'),
  ...['/usr/local/sbin', '/usr/sbin', '/sbin'],
]

/** @param program - the name of a program, or the path of a file */
export const isInstalled = (program: string): boolean =>
  (program.startsWith('/') ? [program] : folders().map((folder) => `${folder}/${program}`)).some(exists)

const exists = (path: string): boolean => {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
}
