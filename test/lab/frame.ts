/** A TCP SYN or a UDP datagram as an Ethernet frame, for packets that no socket would send. */
export interface FrameOptions {
  readonly destinationMac: string
  readonly sourceMac: string
  readonly protocol: 'tcp' | 'udp'
  /** Source and destination are both IPv4 or both IPv6. */
  readonly source: string
  readonly destination: string
  readonly sourcePort: number
  readonly port: number
  /** The flags of the TCP header; default SYN. */
  readonly tcpFlags?: number
}

const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex')

const addressBytes = (address: string): Buffer => {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const groups = (text: string | undefined): readonly string[] => (text ? text.split(':') : [])
  const before = groups(head)
  const after = groups(tail)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const bytes = Buffer.alloc(16)
  for (const [index, group] of [...before, ...zeros, ...after].entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2)
  }
  return bytes
}

/** The internet checksum (RFC 1071). */
const checksum = (bytes: Buffer): number => {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

const transport = (options: FrameOptions): Buffer => {
  if (options.protocol === 'udp') {
    const bytes = Buffer.alloc(9)
    bytes.writeUInt16BE(options.sourcePort, 0)
    bytes.writeUInt16BE(options.port, 2)
    bytes.writeUInt16BE(bytes.length, 4)
    bytes.write('?', 8)
    return bytes
  }
  const bytes = Buffer.alloc(20)
  bytes.writeUInt16BE(options.sourcePort, 0)
  bytes.writeUInt16BE(options.port, 2)
  bytes.writeUInt32BE(1, 4)
  bytes.writeUInt8(5 << 4, 12)
  bytes.writeUInt8(options.tcpFlags ?? 0x02, 13)
  bytes.writeUInt16BE(64_240, 14)
  return bytes
}

/** Builds the frame with right checksums, so that only an address can be the reason for a drop. */
export const buildFrame = (options: FrameOptions): Uint8Array => {
  const number = options.protocol === 'tcp' ? 6 : 17
  const source = addressBytes(options.source)
  const destination = addressBytes(options.destination)
  const segment = transport(options)
  const pseudo = Buffer.alloc(4)
  pseudo.writeUInt16BE(number, 0)
  pseudo.writeUInt16BE(segment.length, 2)
  const sum = checksum(Buffer.concat([source, destination, pseudo, segment]))
  segment.writeUInt16BE(sum, options.protocol === 'tcp' ? 16 : 6)
  const six = source.length === 16
  const header = Buffer.alloc(six ? 8 : 12)
  if (six) {
    header.writeUInt8(0x60, 0)
    header.writeUInt16BE(segment.length, 4)
    header.writeUInt8(number, 6)
    header.writeUInt8(64, 7)
  } else {
    header.writeUInt8(0x45, 0)
    header.writeUInt16BE(20 + segment.length, 2)
    header.writeUInt8(64, 8)
    header.writeUInt8(number, 9)
    header.writeUInt16BE(checksum(Buffer.concat([header, source, destination])), 10)
  }
  const etherType = Buffer.from(six ? [0x86, 0xdd] : [0x08, 0x00])
  return Buffer.concat([
    macBytes(options.destinationMac),
    macBytes(options.sourceMac),
    etherType,
    header,
    source,
    destination,
    segment,
  ])
}
