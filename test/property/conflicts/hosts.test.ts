import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { expectTrue } from './expect-true.ts'
import { look, type Seen } from './look.ts'

const hosts = join(import.meta.dirname, '../../kernel/conflicts/hosts')
const read = (name: string): string => readFileSync(join(hosts, name), 'utf8')
const opened = (saved: string): string => saved.replace(':FORWARD DROP', ':FORWARD ACCEPT')

/** The rules of libvirt for its network "default", as `iptables-save` prints them. */
const libvirt = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:LIBVIRT_PRT - [0:0]
-A POSTROUTING -j LIBVIRT_PRT
-A LIBVIRT_PRT -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN
-A LIBVIRT_PRT -s 192.168.122.0/24 -d 255.255.255.255/32 -j RETURN
-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535
-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p udp -j MASQUERADE --to-ports 1024-65535
-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:LIBVIRT_FWI - [0:0]
:LIBVIRT_FWO - [0:0]
:LIBVIRT_FWX - [0:0]
:LIBVIRT_INP - [0:0]
:LIBVIRT_OUT - [0:0]
-A INPUT -j LIBVIRT_INP
-A FORWARD -j LIBVIRT_FWX
-A FORWARD -j LIBVIRT_FWI
-A FORWARD -j LIBVIRT_FWO
-A OUTPUT -j LIBVIRT_OUT
-A LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable
-A LIBVIRT_FWO -s 192.168.122.0/24 -i virbr0 -j ACCEPT
-A LIBVIRT_FWO -i virbr0 -j REJECT --reject-with icmp-port-unreachable
-A LIBVIRT_FWX -i virbr0 -o virbr0 -j ACCEPT
-A LIBVIRT_INP -i virbr0 -p udp -m udp --dport 53 -j ACCEPT
-A LIBVIRT_INP -i virbr0 -p udp -m udp --dport 67 -j ACCEPT
-A LIBVIRT_OUT -o virbr0 -p udp -m udp --dport 68 -j ACCEPT
COMMIT
`

const skeletons: readonly (readonly [owner: string, saved: string])[] = [
  ['Docker 29', opened(read('docker-29.save'))],
  ['Docker 26 where forwarding was on before it', opened(read('docker-26.save'))],
  ['kube-proxy', read('kube-proxy.save')],
  ['ufw where it lets pass what is forwarded', opened(read('ufw.save'))],
  ['libvirt', libvirt],
]

const errorsOf = ({ conflicts }: Seen): readonly string[] =>
  conflicts
    .filter(({ severity }) => severity === 'error')
    .map(({ kind, culprit }) => `${kind} by ${culprit?.owner}: ${culprit?.text}`)

describe.each(['nftables', 'iptables-nft', 'iptables-legacy'] as const)('a plan for %s', (backend) => {
  test.each(skeletons)('finds no error in what %s lays', async (_, saved) => {
    const seen = await look({ saved, backend })
    expect(errorsOf(seen)).toEqual([])
    expectTrue(seen)
  })
})

describe('the owner of a policy that drops, and the remedy that owner has for it', () => {
  test('Docker, which leaves a chain to the administrator', async () => {
    const seen = await look({ saved: read('docker-26.save') })
    expect(errorsOf(seen)).toEqual(['ForwardDropped by docker: -P FORWARD DROP'])
    expect(seen.conflicts[0]?.remedy.commands).toEqual([
      'iptables-nft -t filter -I DOCKER-USER 1 -o pt-web -d 172.30.1.10 -p tcp --dport 80 -j ACCEPT',
      'iptables-nft -t filter -I DOCKER-USER 1 -i pt-web -s 172.30.1.10 -p tcp --sport 80 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ])
    expectTrue(seen)
  })

  test('ufw, which has a command for it', async () => {
    const seen = await look({ saved: read('ufw.save') })
    expect(errorsOf(seen)).toEqual(['ForwardDropped by ufw: -P FORWARD DROP'])
    expect(seen.conflicts[0]?.remedy.commands).toEqual([
      'ufw route allow out on pt-web proto tcp to 172.30.1.10 port 80',
    ])
    expectTrue(seen)
  })

  // Portolan's rules come after Docker's in FORWARD, and accept the packets before the policy can drop them.
  test.each(['iptables-nft', 'iptables-legacy'] as const)(
    'none, where %s lays ours behind it',
    async (backend) => {
      const saved = read('docker-26.save')
      const scene = backend === 'iptables-nft' ? { saved } : { legacy: saved }
      expect(errorsOf(await look({ ...scene, backend }))).toEqual([])
    },
  )
})
