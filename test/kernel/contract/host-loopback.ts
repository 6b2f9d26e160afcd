import { expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { addressOf } from './scenario.ts'
import { macOf, traces } from './traces.ts'

/** The rules of the ECS agent: an address of its own for containers, served at the host's loopback address. */
const agentOfEcs = `
table ip ecs {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 169.254.170.2 tcp dport 80 dnat to 127.0.0.1:51679
    ip daddr 169.254.170.2 udp dport 80 dnat to 127.0.0.1:51679
  }
}
`

/** Rules that translate packets to an address of 127/8, and to another one, to a machine and to a container. */
const ledOn = `
table ip led {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr { 127.0.0.9, 169.254.170.9 } dnat to ${addressOf('outside', 'ip')}
    ip daddr { 127.0.0.10, 169.254.170.10 } dnat to ${addressOf('nginx', 'ip')}
  }
}
`

/** Services of `openServices`, at the loopback address and at every address. */
const untracked = `
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
 * whose container sees the gateway as source (`published`).
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
# What has to come is awaited; what may not come would be there at once.
asking.settimeout(60 if kind == 'published' else 0.5)
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
frame = bytes.fromhex((mac_to + mac_from).replace(':', '') + '0800') + packet(frm, target, 1, bytes(error))
sends = '''
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('eth0', 0))
wire.send(bytes.fromhex(sys.argv[1]))'''
command = ['nsenter', '--net=' + namespace, sys.executable, '-c', sends, frame.hex()]
subprocess.run(command, check=True)
try:
    asking.recv(2048)
except ConnectionRefusedError:
    print('told')
except TimeoutError:
    print('not told')`

/** Tests that containers reach addresses in 127/8 of the host only where the host's rules translate to them. */
export const hostLoopbackCases = (currentLab: () => Lab): void => {
  const sender = (name: 'nginx' | 'sibling') => {
    const found = currentLab().containers.get(name)
    if (found === undefined) throw new Error(`the lab has no container ${name}`)
    return found
  }

  const source = addressOf('sibling', 'ip')

  const beside = async (table: string, rules: string, check: () => Promise<void>): Promise<void> => {
    const { host } = currentLab()
    await host.mustRun(['nft', '-f', '-'], { input: rules })
    try {
      await check()
    } finally {
      await host.mustRun(['nft', 'delete', 'table', 'ip', table])
    }
  }

  test('a container reaches a service at the loopback of the host by an address that rules of the host lead there', async () => {
    const lab = currentLab()
    const services = (['tcp', 'udp'] as const).map((protocol) => ({
      protocol,
      port: 51_679,
      addresses: ['127.0.0.1'],
    }))
    await lab.host.listen(...services)
    await beside('ecs', agentOfEcs, async () => {
      for (const protocol of ['tcp', 'udp'] as const) {
        const asked = { protocol, destination: '169.254.170.2', port: 80, timeoutMs: 3000 }
        expect(await sender('nginx').probe(asked)).toMatchObject({ delivered: true, by: 'host' })
      }
    })
  })

  test('what a container sends to an address of 127/8 goes nowhere, though rules of the host lead it on', async () => {
    const lab = currentLab()
    const sent = (destination: string, port: number, awaited: string | null = null) =>
      traces(lab, sender('sibling'), 'pt-web', [{ source, destination, port }], awaited)
    await beside('led', ledOn, async () => {
      expect(await sent('169.254.170.9', 7000, ' at outside')).not.toEqual([])
      expect(await sent('169.254.170.10', 80, ' at nginx')).not.toEqual([])
      expect(await sent('127.0.0.9', 7000)).toEqual([])
      expect(await sent('127.0.0.10', 80)).toEqual([])
    })
  })

  test('nor does what a container sends there reach the host where its rules leave it untracked', async () => {
    const lab = currentLab()
    const sent = (destination: string, port: number, awaited: string | null = null) =>
      traces(lab, sender('sibling'), 'pt-web', [{ source, destination, port }], awaited)
    await beside('untracked', untracked, async () => {
      expect(await sent(addressOf('gateway of web', 'ip'), 9998, " at the host's own service")).not.toEqual(
        [],
      )
      expect(await sent('127.0.0.1', 9999)).toEqual([])
    })
  })

  const told = async (kind: 'own' | 'published'): Promise<string> => {
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

  test('a container that forges an ICMP error about a flow within the loopback of the host is not heard', async () => {
    expect(await told('own')).toBe('not told')
  })

  test('an ICMP error of a container about a flow from the loopback of the host to its published port is heard', async () => {
    expect(await told('published')).toBe('told')
  })
}
