import { evaluate, type HostFacts, type Packet, type RouteFact } from '../../src/index.ts'
import { facts, fromLan } from './model.ts'

export const local: RouteFact = {
  destination: '192.0.2.2/32',
  interface: 'eth0',
  table: 255,
  type: 'local',
  scope: 'host',
}

export const lan: RouteFact = { destination: '192.0.2.0/24', interface: 'eth0', table: 254, scope: 'link' }

export const through = (destination: string, more: Partial<RouteFact> = {}): RouteFact => ({
  destination,
  interface: 'eth1',
  table: 254,
  ...more,
})

export const withRoutes = (...routes: readonly RouteFact[]): HostFacts => ({
  ...facts,
  routes: [local, lan, ...routes],
})

export const away: Packet = { ...fromLan, destination: '203.0.113.7' }

export const wayOf = (host: HostFacts, packet: Packet = away): string | null | undefined =>
  evaluate(packet, host, []).at?.interface
