import type { ProbeProtocol } from '../../lab/probe.ts'
import { allProtocols, delivered, dropped, type Row, row, tcpAndUdp } from './row.ts'

const every = { protocols: allProtocols }
const both = { protocols: tcpAndUdp }
const ping = { protocols: ['icmp'] as readonly ProbeProtocol[] }
const tcp = { protocols: ['tcp'] as readonly ProbeProtocol[] }
const udp = { protocols: ['udp'] as readonly ProbeProtocol[] }

/** The flows that `reachable_from` and `links` open, and flows that stay closed beside them. */
export const openingRows: readonly Row[] = [
  row('from a named interface', 'outside', 't1', 80, delivered('t1', 80, 'own'), every),
  row(
    'from a named interface, an unpublished port',
    'outside',
    't1',
    8888,
    delivered('t1', 8888, 'own'),
    every,
  ),
  row('from a named interface, ping', 'outside', 't1', 0, delivered('t1', 0, 'any'), ping),
  row(
    'from a named interface, a machine behind it',
    'distant',
    't2',
    8888,
    delivered('t2', 8888, 'own'),
    both,
  ),
  row('from another interface', 'neighbour', 't1', 80, dropped, every),
  row('from another interface, ping', 'neighbour', 't1', 0, dropped, ping),
  row('from another interface, a published port', 'client', 'host', 8800, delivered('t1', 80, 'own')),
  row('from a named interface to another network', 'outside', 'nginx', 80, dropped, every),
  row('to the named interface', 't1', 'outside', 7000, delivered('outside', 7000, 'hostOutside'), both),

  row('from a named network', 'far', 't1', 8888, delivered('t1', 8888, 'own'), every),
  row('from a named network, ping', 'far', 't1', 0, delivered('t1', 0, 'any'), ping),
  row('to a named network', 't1', 'far', 8888, dropped, every),
  row('from another network', 'nginx', 't1', 80, dropped, every),
  row('from an internal network', 'i1', 't1', 80, dropped, both),
  row('from a network without a gateway', 's1', 't1', 80, dropped, both),

  row('from a named address', 'neighbour', 't2', 8888, delivered('t2', 8888, 'own'), every),
  row('from a named service', 'nginx', 't2', 8888, delivered('t2', 8888, 'own'), every),
  row('from a named service of a routed network', 'd1', 't2', 80, delivered('t2', 80, 'own'), both),
  row('from another service of its network', 'sibling', 't2', 8888, dropped, every),
  // 172.30.0.0/16 is named, but a named prefix means only other machines, and not containers.
  row('from a container in a named prefix', 'o1', 't2', 80, dropped, both),

  row('linked, a published port', 'l2', 'l1', 80, delivered('l1', 80, 'own'), tcp),
  row('linked, an exposed port', 'l2', 'l1', 84, delivered('l1', 84, 'own'), tcp),
  row('linked, an exposed port of UDP', 'l2', 'l1', 85, delivered('l1', 85, 'own'), udp),
  row('linked, the other protocol', 'l2', 'l1', 84, dropped, udp),
  row('linked, another port', 'l2', 'l1', 8888, dropped, every),
  row('linked, ping', 'l2', 'l1', 0, dropped, ping),
  row('linked, from the linked service back', 'l1', 'l2', 80, dropped, every),
  row('not linked', 'l3', 'l1', 84, dropped, both),
  row('not linked', 'l1', 'l3', 84, dropped, both),
  row(
    'icc off, from a named service of the same network',
    'l2',
    'l3',
    8888,
    delivered('l3', 8888, 'own'),
    every,
  ),
  row('linked, a published port at the host', 'l3', 'host', 8900, delivered('l1', 80, 'gateway'), tcp),
  row('linked, hairpin', 'l1', 'host', 8900, delivered('l1', 80, 'gateway'), tcp),
  row('linked, a published port from outside', 'client', 'host', 8900, delivered('l1', 80, 'own'), tcp),
  row('linked, an exposed port from another machine', 'neighbour', 'l1', 84, dropped, both),
  row('linked, an exposed port from another network', 'nginx', 'l1', 84, dropped, both),
]
