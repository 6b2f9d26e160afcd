import { expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { addressOf } from './scenario.ts'
import { macOf, traces } from './traces.ts'

/** The rules of the ECS agent: an address of its own for containers, served at the host's loopback address. */
const ecsRules = `
table ip ecs {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 169.254.170.2 tcp dport 80 dnat to 127.0.0.1:51679
    ip daddr 169.254.170.2 udp dport 80 dnat to 127.0.0.1:51679
  }
}
`

/** Rules that translate packets to an address of 127/8, and to another one, to a machine and to a container. */
const translatingRules = `
table ip led {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr { 127.0.0.9, 169.254.170.9 } dnat to ${addressOf('outside', 'ip')}
    ip daddr { 127.0.0.10, 169.254.170.10 } dnat to ${addressOf('nginx', 'ip')}
  }
}
`

/** Services of `openServices`, at the loopback address and at every address. */
const notrackRules = `
table ip untracked {
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    udp dport { 9998, 9999 } notrack
  }
}
`

/**
 * Opens a UDP flow on the host. Sends an ICMP error "port unreachable" about it from a container's namespace, and
 * prints whether the flow's socket gets the error. The flow is from 127.0.0.1 to itself (`own`), or to a published port
 * whose container sees the gateway as source (`published`). A datagram to the host comes after the error from the same
 * namespace. When the host has received it, an error that passes has reached the socket.
 */
const errorAboutFlow = `
import socket, struct, subprocess, sys
kind, namespace, frm, gateway, mac_from, mac_to = sys.argv[1:]
def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
def packet(source, target, protocol, body):
    head = [0x4500, 20 + len(body), 0, 0, 64 << 8 | protocol, 0]
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    head[5] = checksum(struct.pack('!6H', *head) + ends)
    return struct.pack('!6H', *head) + ends + body
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.bind(('127.0.0.1', 0))
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(('127.0.0.1', 0))
asking.connect(('127.0.0.1', 8080 if kind == 'published' else silent.getsockname()[1]))
asking.settimeout(60)
behind = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
behind.bind((gateway, 0))
behind.settimeout(60)
asking.send(b'?')
if kind == 'published':
    asking.recv(2048)
    ends, ports, target = (gateway, frm), (asking.getsockname()[1], 80), gateway
else:
    ends, target = ('127.0.0.1', '127.0.0.1'), '127.0.0.1'
    ports = asking.getsockname()[1], asking.getpeername()[1]
quoted = packet(*ends, 17, struct.pack('!4H', *ports, 9, 0) + b'?\\0')
error = bytearray(struct.pack('!BBHI', 3, 3, 0, 0) + quoted)
error[2:4] = struct.pack('!H', checksum(bytes(error)))
ethernet = bytes.fromhex((mac_to + mac_from).replace(':', '') + '0800')
datagram = struct.pack('!4H', 9, behind.getsockname()[1], 9, 0) + b'?'
frames = packet(frm, target, 1, bytes(error)), packet(frm, gateway, 17, datagram)
sends = '''
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('eth0', 0))
for frame in sys.argv[1:]:
    wire.send(bytes.fromhex(frame))'''
command = ['nsenter', '--net=' + namespace, sys.executable, '-c', sends]
subprocess.run(command + [(ethernet + frame).hex() for frame in frames], check=True)
behind.recv(2048)
asking.setblocking(False)
try:
    asking.recv(2048)
except ConnectionRefusedError:
    print('error received')
except BlockingIOError:
    print('no error received')`

/** Tests that containers reach addresses in 127/8 of the host only where the host's rules translate to them. */
export const hostLoopbackCases = (currentLab: () => Lab): void => {
  const sender = (name: 'nginx' | 'sibling') => {
    const found = currentLab().containers.get(name)
    if (found === undefined) throw new Error(`the lab has no container ${name}`)
    return found
  }

  const source = addressOf('sibling', 'ip')

  const withTable = async (table: string, rules: string, check: () => Promise<void>): Promise<void> => {
    const { host } = currentLab()
    await host.mustRun(['nft', '-f', '-'], { input: rules })
    try {
      await check()
    } finally {
      await host.mustRun(['nft', 'delete', 'table', 'ip', table])
    }
  }

  test('a container reaches a service at the loopback of the host by an address that foreign rules translate to it', async () => {
    const lab = currentLab()
    const services = (['tcp', 'udp'] as const).map((protocol) => ({
      protocol,
      port: 51_679,
      addresses: ['127.0.0.1'],
    }))
    await lab.host.listen(...services)
    await withTable('ecs', ecsRules, async () => {
      for (const protocol of ['tcp', 'udp'] as const) {
        const asked = { protocol, destination: '169.254.170.2', port: 80, timeoutMs: 3000 }
        expect(await sender('nginx').probe(asked)).toMatchObject({ delivered: true, by: 'host' })
      }
    })
  })

  test('a packet of a container to an address in 127/8 is dropped, also where foreign rules translate that address', async () => {
    const lab = currentLab()
    const tracesOf = (destination: string, port: number, awaited: string | null = null) =>
      traces(lab, sender('sibling'), 'pt-web', [{ source, destination, port }], awaited)
    await withTable('led', translatingRules, async () => {
      expect(await tracesOf('169.254.170.9', 7000, ' at outside')).not.toEqual([])
      expect(await tracesOf('169.254.170.10', 80, ' at nginx')).not.toEqual([])
      expect(await tracesOf('127.0.0.9', 7000)).toEqual([])
      expect(await tracesOf('127.0.0.10', 80)).toEqual([])
    })
  })

  test('a packet of a container to 127.0.0.1 does not reach the host, also where foreign rules exempt it from connection tracking', async () => {
    const lab = currentLab()
    const tracesOf = (destination: string, port: number, awaited: string | null = null) =>
      traces(lab, sender('sibling'), 'pt-web', [{ source, destination, port }], awaited)
    await withTable('untracked', notrackRules, async () => {
      expect(
        await tracesOf(addressOf('gateway of web', 'ip'), 9998, " at the host's own service"),
      ).not.toEqual([])
      expect(await tracesOf('127.0.0.1', 9999)).toEqual([])
    })
  })

  const sendError = async (kind: 'own' | 'published'): Promise<string> => {
    const lab = currentLab()
    const nginx = sender('nginx')
    const words = [
      kind,
      `/proc/${nginx.pid}/ns/net`,
      addressOf('nginx', 'ip'),
      addressOf('gateway of web', 'ip'),
      await macOf(nginx, 'eth0'),
      await macOf(lab.host, 'pt-web'),
    ]
    return (await lab.host.mustRun(['/usr/bin/python3', '-c', errorAboutFlow, ...words])).trim()
  }

  test('a forged ICMP error of a container about a flow within the loopback of the host does not reach the flow', async () => {
    expect(await sendError('own')).toBe('no error received')
  })

  test('an ICMP error of a container about a flow from the loopback of the host to its published port reaches the flow', async () => {
    expect(await sendError('published')).toBe('error received')
  })
}
