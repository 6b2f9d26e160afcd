import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { labPool } from '../lab/lab-pool.ts'
import type { Machine } from '../lab/machine.ts'
import { takeSnapshot } from '../lab/snapshot.ts'
import { addresses } from '../lab/topology.ts'
import { until } from '../lab/until.ts'

describeOnKernel('a pool of labs', 'nftables', () => {
  test('a lab that a test has changed is restored before another test gets it', async () => {
    const reports: (readonly string[])[] = []
    const labs = labPool({ tell: (left) => reports.push(left) })
    const lab = await labs.open()
    const first = await takeSnapshot(lab.host)
    await lab.host.mustRun([
      'sh',
      '-ec',
      `nft add table ip mess
      iptables-nft -t nat -A PREROUTING -p tcp --dport 1 -j REDIRECT
      ip link add br-mess type bridge
      ip addr add 10.9.0.1/16 dev br-mess
      ip addr add 192.0.2.77/24 dev eth0
      ip -6 route add fd77::/64 via ${addresses.ip6.outside}
      ip -6 route del 2001:db8:3::/64
      ip neigh add 192.0.2.99 lladdr 02:00:00:00:00:99 nud stale dev eth0
      ip link set br-mess up
      ip route add default via ${addresses.ip.outside}
      ip route del 203.0.113.0/24
      ip rule add from 10.0.0.0/8 iif eth0 fwmark 7 table 7
      ip -6 rule add not from fd00::/8 suppress_prefixlength 0 table main
      ip rule del pref 32767
      sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.bridge.bridge-nf-call-iptables=0
      mkdir -p /run/mess/more /var/lib/mess/more
      ln -s /etc /run/mess/link
      mkfifo /var/lib/mess/pipe
      mkdir "/run/mess/a place"
      mount -t tmpfs tmpfs "/run/mess/a place"
      mount --make-shared /run
      mount --bind /run/mess /var/lib/mess/more
      echo mess > /run/lab/resolv.conf`,
    ])
    await lab.container({ name: 'mess', bridge: 'br-mess', address: '10.9.0.2/16' })
    await lab.host.listen({ protocol: 'udp', port: 53 })
    await lab.client.ip('addr add 192.0.2.78/24 dev eth0')
    const left = lab.host.start(['sh', '-c', 'echo in; exec sleep 50'])
    // Waits until the program has entered the host's namespace.
    await until('a program on the host', () => left.printed() !== '', { beside: left })
    const { pid } = lab.host
    await lab[Symbol.asyncDispose]()
    expect((await left.outcome).exitCode).toBeNull()
    expect(reports).toEqual([[]])

    const again = await labs.open()
    expect(again.host.pid).toBe(pid)
    expect(await takeSnapshot(again.host)).toEqual(first)
    const listing =
      'grep -c shared: /proc/self/mountinfo; ls -A /run /var/lib /run/lab; cat /etc/resolv.conf; ss -Hlntu; conntrack -L 2> /dev/null; ip neigh'
    expect((await again.host.mustRun(['sh', '-c', listing])).trim().split('\n')).toEqual([
      ...['0', '/run:', 'lab', '', '/run/lab:', 'resolv.conf', 'var-lib', '', '/var/lib:'],
      'nameserver 192.0.2.53',
    ])
    expect(await again.client.mustRun(['ip', '-br', 'addr'])).not.toContain('192.0.2.78')
    await again[Symbol.asyncDispose]()
    await labs[Symbol.asyncDispose]()
  })

  // A test that loses or delays packets, or that has an IPsec policy, would otherwise poison the next one.
  test('queueing disciplines with their filters, and IPsec, are gone before another test gets the lab', async () => {
    const reports: (readonly string[])[] = []
    const labs = labPool({ tell: (left) => reports.push(left) })
    const lab = await labs.open()
    const first = await takeSnapshot(lab.host)
    const reads =
      'tc qdisc; tc filter show dev eth0 ingress; ip xfrm policy; ip xfrm state; ip xfrm policy getdefault'
    const read = (machine: Machine): Promise<string> => machine.mustRun(['sh', '-ec', reads])
    const clean = [await read(lab.host), await read(lab.neighbour)]
    const esp = 'src 198.51.100.2 dst 198.51.100.9 proto esp'
    const mess = `tc qdisc add dev eth0 root handle 7: tbf rate 1mbit burst 5k latency 70ms
      tc qdisc add dev eth0 clsact
      tc filter add dev eth0 ingress u32 match u32 0 0 flowid 1:1
      ip xfrm state allocspi ${esp} reqid 1 mode tunnel
      ip xfrm policy add src 0.0.0.0/0 dst 172.16.0.0/12 dir out priority 9 tmpl ${esp} mode tunnel reqid 1
      ip xfrm policy setdefault in block fwd block out block`
    for (const machine of [lab.host, lab.neighbour]) await machine.mustRun(['sh', '-ec', mess])
    expect(await takeSnapshot(lab.host)).not.toEqual(first)
    const { pid } = lab.host
    await lab[Symbol.asyncDispose]()
    expect(reports).toEqual([[]])

    const again = await labs.open()
    expect(again.host.pid).toBe(pid)
    expect([await read(again.host), await read(again.neighbour)]).toEqual(clean)
    expect(await takeSnapshot(again.host)).toEqual(first)
    await again[Symbol.asyncDispose]()
    await labs[Symbol.asyncDispose]()
  })

  test('a mount that the machine of the tests makes meanwhile stays, with its propagation', async () => {
    const labs = labPool()
    const lab = await labs.open()
    const { pid } = lab.host
    const folder = mkdtempSync(join(tmpdir(), 'portolan-mount-'))
    const mounted = (): string | undefined =>
      readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .find((line) => line.includes(` ${folder} `))
    execFileSync('mount', ['--bind', folder, folder])
    try {
      execFileSync('mount', ['--make-shared', folder])
      const first = mounted()
      await lab[Symbol.asyncDispose]()
      const again = await labs.open()
      expect(again.host.pid).toBe(pid)
      expect(first).toContain(' shared:')
      expect(mounted()).toBe(first)
      await again[Symbol.asyncDispose]()
    } finally {
      execFileSync('umount', [folder])
      rmdirSync(folder)
      await labs[Symbol.asyncDispose]()
    }
  })

  // When a folder is deleted, the kernel removes the mounts on it in all namespaces (fs/namespace.c,
  // `__detach_mounts`).
  test('a lab is used again though a mount that the machine had when the lab was made is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portolan-mount-'))
    execFileSync('mount', ['--bind', folder, folder])
    const labs = labPool()
    const lab = await labs.open()
    const { pid } = lab.host
    execFileSync('umount', [folder])
    rmdirSync(folder)
    await lab[Symbol.asyncDispose]()
    const again = await labs.open()
    expect(again.host.pid).toBe(pid)
    await again[Symbol.asyncDispose]()
    await labs[Symbol.asyncDispose]()
  })

  test('a lab in which a test used iptables-legacy is only for a test of iptables-legacy, and has no rules of the first', async () => {
    const labs = labPool()
    const lab = await labs.open()
    const first = await takeSnapshot(lab.host)
    await lab.host.mustRun([
      'sh',
      '-ec',
      'iptables-legacy -t nat -N MESS; iptables-legacy -t nat -A PREROUTING -j MESS; ip6tables-legacy -P FORWARD DROP',
    ])
    const { pid } = lab.host
    await lab[Symbol.asyncDispose]()
    const other = await labs.open()
    expect(other.host.pid).not.toBe(pid)
    const again = await labs.open({ tablesStay: true })
    expect(again.host.pid).toBe(pid)
    expect(await takeSnapshot(again.host)).toEqual(first)
    for (const one of [again, other]) await one[Symbol.asyncDispose]()
    await labs[Symbol.asyncDispose]()
  })

  test('a lab that cannot be restored is not used again', async () => {
    const labs = labPool()
    for (const mess of ['umount /etc/resolv.conf', 'ip link set eth0 mtu 1400']) {
      const lab = await labs.open()
      const { pid } = lab.host
      await lab.host.mustRun(['sh', '-c', mess])
      await lab[Symbol.asyncDispose]()
      const next = await labs.open()
      expect([mess, next.host.pid]).not.toEqual([mess, pid])
      await next[Symbol.asyncDispose]()
    }
    const lab = await labs.open()
    await lab.client.mustRun(['nft', 'add', 'table', 'ip', 'mess'])
    const { pid } = lab.host
    await lab[Symbol.asyncDispose]()
    const next = await labs.open()
    expect(next.host.pid).not.toBe(pid)
    await next[Symbol.asyncDispose]()
    await labs[Symbol.asyncDispose]()
  })
})
