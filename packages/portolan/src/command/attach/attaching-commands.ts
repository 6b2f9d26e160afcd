import type { Command } from '../command.ts'
import { common } from '../options/option-sets.ts'

const ofProject = ['project', 'file', 'env-file', 'project-directory', 'backend'] as const

const meaning: Command['meaning'] = {
  project: 'the project of the network, or the name for that of the file',
  state: 'where leases are kept, the same as for apply',
}

/** The commands that put a process on a network, and take it off; a part of `commands`. */
export const attachingCommands: Readonly<Record<string, Command>> = {
  attach: {
    usage:
      'attach NETWORK --netns PID|PATH|NAME [--name ENDPOINT] [--interface eth0] [--address A]... [--mac M] [--mtu N]',
    summary:
      'Give a process a working interface on a network: addresses, routes, its end on the host; whole or not at all.',
    more: [
      'NETWORK is on this host: web, or shop/web where several projects have one. An endpoint that has addresses already, as a',
      'service of a Compose file does, keeps them. Repeated for the same namespace it changes nothing, or adds what is missing.',
      'Of several networks in one namespace the first gives the default route, unless --metric says otherwise.',
      'With --parent the network is on an interface of the host, and is made where it is not there: the process is a machine',
      'on that wire. This host and the process do not reach one another there.',
    ],
    examples: [
      {
        line: 'portolan attach web --netns blue --name job-1',
        does: 'the namespace that "ip netns add blue" made, on network web; --netns $PID is that of a process',
      },
      {
        line: 'portolan attach shop/web --netns /run/netns/green --name job-2 --interface eth1',
        does: 'a namespace by its file, on the network of project shop; the interface is eth1 there',
      },
    ],
    options: [
      ...common,
      ...ofProject,
      ...(['netns', 'name', 'interface', 'address', 'mac', 'mtu', 'metric', 'no-default-route'] as const),
      ...(['parent', 'driver', 'subnet', 'gateway', 'ip-range'] as const),
    ],
    meaning,
    positionals: 1,
    completes: 'network-here',
    load: () => import('../commands/attach.ts'),
  },
  detach: {
    usage: 'detach ENDPOINT [-p PROJECT | -f compose.yaml...] [--keep-leases] [--netns PID|PATH|NAME]',
    summary: 'Take an endpoint off its networks: remove its interfaces, and give its addresses and ports up.',
    more: [
      'Its namespace may have ended, and an endpoint that does not exist is no error. Addresses and ports',
      'of a service of a Compose file stay: they are those of its plan. An interface on a network of macvlan or ipvlan is',
      'known only where it is: --netns names the namespace, unless that has ended.',
    ],
    examples: [
      { line: 'portolan detach job-1', does: 'the endpoint that was attached as job-1' },
      {
        line: 'portolan detach job-2 -p shop --keep-leases',
        does: 'it will come back with the same addresses',
      },
    ],
    options: [...common, ...ofProject, 'keep-leases', 'netns', 'interface'],
    meaning: { ...meaning, 'keep-leases': 'keep the addresses leased, and ports published' },
    positionals: 1,
    completes: 'endpoint',
    load: () => import('../commands/detach.ts'),
  },
}
