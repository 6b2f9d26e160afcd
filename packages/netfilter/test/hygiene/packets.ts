import type { PacketBox } from '../../src/hygiene/index.ts'

/** Every IPv4 packet. */
export const anyPacket: PacketBox = {
  family: 'ip',
  hooks: null,
  protocols: null,
  sources: null,
  destinations: null,
  ports: null,
  in: null,
  out: null,
}
