import type { ProbeProtocol } from '../../lab/probe.ts'
import { allProtocols, delivered, dropped, notToAContainer, type Row, row, tcpAndUdp } from './row.ts'

const every = { protocols: allProtocols }
const both = { protocols: tcpAndUdp }
const ping = { protocols: ['icmp'] as readonly ProbeProtocol[] }

/** Rows about networks in every mode, without published ports: the second half of the contract's table. */
export const networkRows: readonly Row[] = [
  row('a published port is no way to the container', 'neighbour', 'nginx', 80, dropped, every),
  row('nor is any other', 'neighbour', 'nginx', 8888, dropped, every),
  row('from another network', 'outside', 'nginx', 80, dropped, every),
  row('nor ping', 'neighbour', 'nginx', 0, dropped, ping),
  row('another machine', 'neighbour', 'q1', 80, dropped),
  row('another machine', 'neighbour', 'p1', 80, dropped),

  row('a sibling', 'sibling', 'nginx', 80, delivered('nginx', 80, 'own'), every),
  row('a sibling, any port', 'sibling', 'nginx', 8888, delivered('nginx', 8888, 'own'), every),
  row('a sibling, ping', 'sibling', 'nginx', 0, delivered('nginx', 0, 'any'), ping),
  row('icc off', 'q2', 'q1', 80, dropped, every),
  row('icc off, any port', 'q1', 'q2', 8888, dropped, every),
  row('icc off, ping', 'q1', 'q2', 0, dropped, ping),
  row('icc off, through the host', 'q2', 'host', 8500, delivered('q1', 80, 'gateway'), both),
  row('icc off, hairpin', 'q1', 'host', 8500, delivered('q1', 80, 'gateway'), both),
  row('icc off, from outside', 'client', 'host', 8500, delivered('q1', 80, 'own'), both),
  row('icc off, from the host', 'host', 'q1', 8888, delivered('q1', 8888, 'gateway'), both),

  row('icc off, attached by us', 'h2', 'h1', 80, dropped, every),
  row('icc off, attached by us, ping', 'h1', 'h2', 0, dropped, ping),
  row('icc off, attached by us, through the host', 'h2', 'host', 8700, delivered('h1', 80, 'gateway'), both),
  row('icc off, attached by us, hairpin', 'h1', 'host', 8700, delivered('h1', 80, 'gateway'), both),
  row('icc off, attached by us, from outside', 'client', 'host', 8700, delivered('h1', 80, 'own'), both),
  row('icc off, attached by us, from the host', 'host', 'h1', 8888, delivered('h1', 8888, 'gateway'), both),
  row(
    'icc off, attached by us, to the outside',
    'h2',
    'outside',
    7000,
    delivered('outside', 7000, 'hostOutside'),
  ),

  row('another bridge', 'far', 'nginx', 80, dropped, every),
  row('another bridge, any port', 'nginx', 'far', 8888, dropped, every),
  row('another bridge, ping', 'far', 'nginx', 0, dropped, ping),
  row('another bridge', 'o1', 'nginx', 80, dropped),
  row('another bridge', 'd1', 'nginx', 80, dropped),
  row('another bridge', 'i1', 'nginx', 80, dropped),
  row('another bridge', 'nginx', 'i1', 80, dropped),
  row('another bridge', 'nginx', 'q1', 80, dropped),

  row(
    'a container reaches the outside',
    'nginx',
    'outside',
    7000,
    delivered('outside', 7000, 'hostOutside'),
    every,
  ),
  row(
    'a container reaches the outside',
    'far',
    'client',
    7000,
    delivered('client', 7000, 'a host address'),
    every,
  ),
  row('pings it', 'nginx', 'outside', 0, delivered('outside', 0, 'any'), ping),
  row('icc off', 'q1', 'outside', 7000, delivered('outside', 7000, 'hostOutside')),
  row('nat-unprotected', 'o1', 'outside', 7000, delivered('outside', 7000, 'hostOutside'), both),
  row('routed', 'd1', 'outside', 7000, delivered('outside', 7000, 'own'), every),
  row('masquerade off', 'p1', 'outside', 7000, delivered('outside', 7000, 'own'), every),

  row('masquerade off, published', 'client', 'host', 8400, delivered('p1', 80, 'own')),
  row('masquerade off, hairpin', 'p1', 'host', 8400, delivered('p1', 80, 'gateway')),
  row('masquerade off, the host', 'host', 'host', 8400, delivered('p1', 80, 'a host address')),

  row('internal, to the outside', 'i1', 'outside', 7000, dropped, every),
  row('internal, to another machine', 'i1', 'client', 7000, dropped, every),
  row('internal, ping', 'i1', 'outside', 0, dropped, ping),
  row('internal, from another machine', 'neighbour', 'i1', 80, dropped, every),
  row('internal, from the outside', 'outside', 'i1', 80, dropped),
  row('internal, a sibling', 'i1', 'i2', 80, delivered('i2', 80, 'own'), every),
  row('internal, from the host', 'host', 'i1', 80, delivered('i1', 80, 'gateway'), both),
  // A published port is a service of the host. An internal network reaches it as any other does.
  row('internal, a published port', 'i1', 'host', 8080, delivered('nginx', 80, 'any'), every),
  row('internal, at its gateway', 'i1', 'gateway of inner', 8080, delivered('nginx', 80, 'any'), both),
  row('internal, at a bound address', 'i1', 'hostSecond', 8081, delivered('nginx', 80, 'any'), both),
  row('internal, allow_from leaves it', 'i1', 'host', 8083, delivered('nginx', 80, 'any'), both),
  row('internal, a port of a network with icc off', 'i1', 'host', 8500, delivered('q1', 80, 'any'), both),
  row('internal, a published port of a routed network', 'i1', 'd1', 80, delivered('d1', 80, 'own'), both),
  row('internal, another port there', 'i1', 'd1', 8888, dropped, both),
  row('internal, a port of its host', 'i1', 'host', 8094, delivered('host', 8094, 'any')),

  row('two networks, an answer over the other', 'client', 'host', 8600, delivered('twin', 80, 'own'), every),
  row('two networks, from outside', 'outside', 'hostOutside', 8600, delivered('twin', 80, 'own'), both),
  row('two networks, the host', 'host', 'host', 8600, delivered('twin', 80, 'a host address'), both),
  row(
    'two networks, to the outside',
    'twin',
    'outside',
    7000,
    delivered('outside', 7000, 'hostOutside'),
    both,
  ),

  row('isolated, a sibling', 's1', 's2', 80, delivered('s2', 80, 'own'), every),
  row('isolated, to the outside', 's1', 'outside', 7000, dropped, every),
  row('isolated, to another bridge', 's1', 'nginx', 80, dropped, both),
  row('isolated, a published port of others', 's1', 'host', 8080, dropped, every),
  row('isolated, a published port of a routed network', 's1', 'd1', 80, dropped, both),
  // The host has no route to it, and may answer so.
  row('isolated, from another machine', 'neighbour', 's1', 80, notToAContainer, both),

  row('routed, published', 'neighbour', 'd1', 80, delivered('d1', 80, 'own'), every),
  row('routed, published', 'outside', 'd1', 80, delivered('d1', 80, 'own'), every),
  row('routed, published with a host port', 'neighbour', 'd1', 84, delivered('d1', 84, 'own')),
  row('routed, not published', 'neighbour', 'd1', 8888, dropped, every),
  row('routed, not published', 'neighbour', 'd2', 80, dropped, every),
  row('routed, ping', 'neighbour', 'd1', 0, delivered('d1', 0, 'any'), ping),
  row('routed, the host port is ignored', 'client', 'host', 8200, notToAContainer),
  row('routed, allowed', 'outside', 'd2', 85, delivered('d2', 85, 'own')),
  row('routed, not allowed', 'neighbour', 'd2', 85, dropped),
  row('routed, allow_from leaves other bridges', 'far', 'd2', 85, delivered('d2', 85, 'own')),
  row('routed, the host', 'host', 'd1', 8888, delivered('d1', 8888, 'gateway'), both),
  row('routed, a sibling', 'd2', 'd1', 8888, delivered('d1', 8888, 'own'), both),
  row('routed, published, another bridge', 'far', 'd1', 80, delivered('d1', 80, 'own'), every),
  row('routed, not published, another bridge', 'far', 'd1', 8888, dropped, every),
  row('routed, ping, another bridge', 'far', 'd1', 0, dropped, ping),

  row('nat-unprotected, any port', 'neighbour', 'o1', 80, delivered('o1', 80, 'own'), every),
  row('nat-unprotected, any port', 'outside', 'o1', 8888, delivered('o1', 8888, 'own'), every),
  row('nat-unprotected, published', 'client', 'host', 8300, delivered('o1', 80, 'own')),
  row('nat-unprotected, hairpin', 'o1', 'host', 8300, delivered('o1', 80, 'gateway')),
  row('nat-unprotected, the host', 'host', 'o1', 8888, delivered('o1', 8888, 'gateway'), both),

  row(
    'what the host forwarded before, it forwards',
    'client',
    'outside',
    7000,
    delivered('outside', 7000, 'own'),
    both,
  ),
]
