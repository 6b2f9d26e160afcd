import type { Lab } from '../../lab/lab.ts'
import { startCni } from '../../lab/neighbour/cni.ts'
import { startDocker } from '../../lab/neighbour/docker.ts'
import { useLegacyIptables } from '../../lab/neighbour/engine-room.ts'
import { startFirewalld } from '../../lab/neighbour/firewalld.ts'
import { startLibvirt } from '../../lab/neighbour/libvirt.ts'
import type { Neighbour } from '../../lab/neighbour/needed-programs.ts'
import { startPodman } from '../../lab/neighbour/podman.ts'
import { startUfw } from '../../lab/neighbour/ufw.ts'
import type { ProbeOutcome } from '../../lab/probe.ts'
import { addresses } from '../../lab/topology.ts'

/** The host port that a program publishes. The service there answers as `theirs`. */
export const theirPort = 8090

/** A program that runs on a lab's host, with the functions that the matrix calls. */
export interface Program {
  /** Tests the program's traffic: its published port, its open port, or its guest's way out. */
  readonly ask: () => Promise<ProbeOutcome>
  /** The same in IPv6; null: the program has no IPv6 here. */
  readonly ask6: (() => Promise<ProbeOutcome>) | null
  /** The ways in which an administrator restarts it, by name. */
  readonly renewals: Readonly<Record<string, () => Promise<void>>>
  /** Publishes one more port of its container; null: the program has no containers. */
  readonly publish: ((hostPort: number) => Promise<void>) | null
  /** The bridge of its containers or guests; null: it has none. */
  readonly bridge: string | null
}

export interface ProgramKind {
  readonly installs: Neighbour
  readonly start: (lab: Lab) => Promise<Program>
}

const fromOutside = (lab: Lab): Pick<Program, 'ask' | 'ask6'> => {
  const asked = { protocol: 'tcp', port: theirPort, timeoutMs: 2000 } as const
  return {
    ask: () => lab.client.probe({ ...asked, destination: addresses.ip.host }),
    ask6: () => lab.client.probe({ ...asked, destination: addresses.ip6.host }),
  }
}

const dockerSettings = { 'userland-proxy': false, ipv6: true, 'fixed-cidr-v6': 'fd00:17::/64' } as const

const docker = async (lab: Lab): Promise<Program> => {
  // The userland proxy is off: it would answer whatever the kernel forwards.
  const daemon = await startDocker(lab, dockerSettings)
  await daemon.run({ name: 'theirs', publish: [`${theirPort}:80`] })
  return {
    ...fromOutside(lab),
    renewals: {
      async restart() {
        await daemon.restart()
        await daemon.enter({ name: 'theirs' })
      },
      reload: () => daemon.reload(),
    },
    async publish(hostPort) {
      await daemon.run({ name: `theirs-${hostPort}`, publish: [`${hostPort}:80`] })
    },
    bridge: 'docker0',
  }
}

/** Docker with containers and rules that stay while dockerd is stopped. */
const dockerThatRestores = async (lab: Lab): Promise<Program> => {
  const daemon = await startDocker(lab, { ...dockerSettings, 'live-restore': true })
  await daemon.run({ name: 'theirs', publish: [`${theirPort}:80`] })
  return {
    ...fromOutside(lab),
    renewals: { stop: () => daemon.stop(), start: () => daemon.start(), restart: () => daemon.restart() },
    async publish(hostPort) {
      await daemon.run({ name: `theirs-${hostPort}`, publish: [`${hostPort}:80`] })
    },
    bridge: 'docker0',
  }
}

const podman =
  (driver: 'nftables' | 'iptables') =>
  async (lab: Lab): Promise<Program> => {
    const engine = await startPodman(lab, { driver })
    const [bridge, network] = ['podman1', 'dual']
    await engine.createNetwork(
      network,
      ...['--disable-dns', '--ipv6', '--subnet=10.89.7.0/24', '--subnet=fd00:89:7::/64'],
      `--interface-name=${bridge}`,
    )
    await engine.run({ name: 'theirs', network, publish: [`${theirPort}:80`] })
    return {
      ...fromOutside(lab),
      renewals: {
        async restart() {
          await engine.restart({ name: 'theirs', network })
        },
        reload: () => engine.reload(),
      },
      async publish(hostPort) {
        await engine.run({ name: `theirs-${hostPort}`, network, publish: [`${hostPort}:80`] })
      },
      bridge,
    }
  }

const cni = async (lab: Lab): Promise<Program> => {
  const plugins = await startCni(lab, { subnet6: 'fd00:85::/64' })
  const container = { name: 'theirs', publish: [`${theirPort}:80`] }
  await plugins.run(container)
  return {
    ...fromOutside(lab),
    renewals: {
      async restart() {
        await plugins.remove('theirs')
        await plugins.run(container)
      },
    },
    async publish(hostPort) {
      await plugins.run({ name: `theirs-${hostPort}`, publish: [`${hostPort}:80`] })
    },
    bridge: 'cni0',
  }
}

const firewalld =
  (FirewallBackend: 'nftables' | 'iptables') =>
  async (lab: Lab): Promise<Program> => {
    await lab.host.listen({ protocol: 'tcp', port: theirPort, answersAs: 'theirs' })
    const firewall = await startFirewalld(lab, { FirewallBackend })
    await firewall.command('--permanent', `--add-port=${theirPort}/tcp`)
    await firewall.reload()
    return {
      ...fromOutside(lab),
      renewals: { restart: () => firewall.restart(), reload: () => firewall.reload() },
      publish: null,
      bridge: null,
    }
  }

const ufw = async (lab: Lab): Promise<Program> => {
  await lab.host.listen({ protocol: 'tcp', port: theirPort, answersAs: 'theirs' })
  const firewall = await startUfw(lab, [`allow ${theirPort}/tcp`])
  return {
    ...fromOutside(lab),
    renewals: {
      async restart() {
        await firewall.disable()
        await firewall.enable()
      },
      reload: () => firewall.reload(),
    },
    publish: null,
    bridge: null,
  }
}

const libvirt = async (lab: Lab): Promise<Program> => {
  const daemon = await startLibvirt(lab)
  await daemon.createNetwork({ name: 'default', bridge: 'virbr0', gateway: '192.168.122.1/24' })
  const guest = await lab.container({
    name: 'guest',
    bridge: 'virbr0',
    address: '192.168.122.9/24',
    gateway: '192.168.122.1',
  })
  await lab.outside.listen({ protocol: 'tcp', port: theirPort, answersAs: 'theirs' })
  return {
    ask: () =>
      guest.probe({
        protocol: 'tcp',
        destination: addresses.ip.outside,
        port: theirPort,
        timeoutMs: 2000,
      }),
    ask6: null,
    renewals: { restart: () => daemon.restart(), reload: () => daemon.reload() },
    publish: null,
    bridge: 'virbr0',
  }
}

/** The programs of the matrix by name. */
export const programs = {
  docker: { installs: 'docker', start: docker },
  'docker with iptables-legacy': {
    installs: 'docker',
    async start(lab) {
      await useLegacyIptables(lab)
      return docker(lab)
    },
  },
  'docker with live-restore': { installs: 'docker', start: dockerThatRestores },
  'podman with nftables': { installs: 'podman', start: podman('nftables') },
  'podman with iptables': { installs: 'podman', start: podman('iptables') },
  cni: { installs: 'cni', start: cni },
  firewalld: { installs: 'firewalld', start: firewalld('nftables') },
  'firewalld with iptables': { installs: 'firewalld', start: firewalld('iptables') },
  ufw: { installs: 'ufw', start: ufw },
  libvirt: { installs: 'libvirt', start: libvirt },
} as const satisfies Readonly<Record<string, ProgramKind>>
