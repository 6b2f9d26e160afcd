import { accessSync } from 'node:fs'

/** What shows that a program of another project is installed, as `need` of script/bootstrap has it. */
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

// Packages of Docker's own repository are in /usr/bin, those of Debian in /usr/sbin.
const folders = (): readonly string[] => [
  ...(process.env.PATH ?? '').split(':'),
  ...['/usr/local/sbin', '/usr/sbin', '/sbin'],
]

/** @param program - a name, looked for where programs are, or the path of a file */
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
