import type { ProbeProtocol } from '../../lab/probe.ts'
import { allProtocols, delivered, dropped, type Row, row, tcpAndUdp } from './row.ts'

const every = { protocols: allProtocols }
const both = { protocols: tcpAndUdp }
const ping = { protocols: ['icmp'] as readonly ProbeProtocol[] }
const tcp = { protocols: ['tcp'] as readonly ProbeProtocol[] }
const udp = { protocols: ['udp'] as readonly ProbeProtocol[] }

/** What `reachable_from` and `links` open, and that they open nothing else. */
export const openingRows: readonly Row[] = [
  row('from a named interface', 'outside', 't1', 80, delivered('t1', 80, 'own'), every),
  row('from a named interface, any port', 'outside', 't1', 8888, delivered('t1', 8888, 'own'), every),
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
  row('from another interface, published', 'client', 'host', 8800, delivered('t1', 80, 'own')),
  row('the named interface opens no other network', 'outside', 'nginx', 80, dropped, every),
  row(
    'to the named interface, the way out is masqueraded',
    't1',
    'outside',
    7000,
    delivered('outside', 7000, 'hostOutside'),
    both,
  ),

  row('from a named network', 'far', 't1', 8888, delivered('t1', 8888, 'own'), every),
  row('from a named network, ping', 'far', 't1', 0, delivered('t1', 0, 'any'), ping),
  row('not the other way round', 't1', 'far', 8888, dropped, every),
  row('from another network', 'nginx', 't1', 80, dropped, every),
  row('from an internal network', 'i1', 't1', 80, dropped, both),
  row('from a network without a gateway', 's1', 't1', 80, dropped, both),

  row('from a named address', 'neighbour', 't2', 8888, delivered('t2', 8888, 'own'), every),
  row('from a named service', 'nginx', 't2', 8888, delivered('t2', 8888, 'own'), every),
  row('from a named service of a routed network', 'd1', 't2', 80, delivered('t2', 80, 'own'), both),
  row('from another service of its network', 'sibling', 't2', 8888, dropped, every),
  // 172.30.0.0/16 is named, but a named prefix means only other machines, and not containers.
  row('a named prefix is not of containers', 'o1', 't2', 80, dropped, both),

  row('linked, a published port', 'l2', 'l1', 80, delivered('l1', 80, 'own'), tcp),
  row('linked, an exposed port', 'l2', 'l1', 84, delivered('l1', 84, 'own'), tcp),
  row('linked, an exposed port of UDP', 'l2', 'l1', 85, delivered('l1', 85, 'own'), udp),
  row('linked, the other protocol', 'l2', 'l1', 84, dropped, udp),
  row('linked, another port', 'l2', 'l1', 8888, dropped, every),
  row('linked, ping', 'l2', 'l1', 0, dropped, ping),
  row('linked, not the other way round', 'l1', 'l2', 80, dropped, every),
  row('not linked', 'l3', 'l1', 84, dropped, both),
  row('not linked', 'l1', 'l3', 84, dropped, both),
  row('named on its own network, icc off', 'l2', 'l3', 8888, delivered('l3', 8888, 'own'), every),
  row('linked, through the host', 'l3', 'host', 8900, delivered('l1', 80, 'gateway'), tcp),
  row('linked, hairpin', 'l1', 'host', 8900, delivered('l1', 80, 'gateway'), tcp),
  row('linked, from outside', 'client', 'host', 8900, delivered('l1', 80, 'own'), tcp),
  row('linked, another machine', 'neighbour', 'l1', 84, dropped, both),
  row('linked, another network', 'nginx', 'l1', 84, dropped, both),
]
