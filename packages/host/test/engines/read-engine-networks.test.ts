import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readEngineNetworks } from '../../src/engines/read-engine-networks.ts'
import { readHost } from '../../src/index.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portolan-engines-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}
const netavark = (name: string, subnet: string) =>
  JSON.stringify({ name, driver: 'bridge', subnets: [{ subnet }] })
const networkd = (address: string) => `[Network]\nAddress=${address}\n`
const found = () =>
  readEngineNetworks(root).networks.map(({ engine, name, subnets, file }) => [
    engine,
    name,
    subnets?.join(' '),
    file?.slice(root.length),
  ])

describe('readEngineNetworks', () => {
  test('finds every engine where it keeps its networks, and names the file', () => {
    write('etc/docker/daemon.json', '{"bip": "10.200.0.1/24"}')
    write('etc/containers/networks/web.json', netavark('web', '10.89.0.0/24'))
    write('etc/cni/net.d/10-pods.conflist', '{"name":"pods","plugins":[{"ipam":{"subnet":"10.22.0.0/16"}}]}')
    write(
      'etc/cni/net.d/team/nerdctl-x.conflist',
      '{"name":"x","plugins":[{"ipam":{"subnet":"10.4.1.0/24"}}]}',
    )
    write(
      'etc/libvirt/qemu/networks/default.xml',
      '<network><name>default</name><ip address="192.168.122.1" netmask="255.255.255.0"/></network>',
    )
    write('etc/netplan/50-lan.yaml', 'network: {bridges: {br0: {addresses: [10.5.0.1/24]}}}')
    write('etc/systemd/network/20-lan.network', networkd('10.6.0.1/24'))
    expect(found()).toEqual([
      ['docker', 'bridge', '10.200.0.0/24', '/etc/docker/daemon.json'],
      ['podman', 'web', '10.89.0.0/24', '/etc/containers/networks/web.json'],
      ['cni', 'pods', '10.22.0.0/16', '/etc/cni/net.d/10-pods.conflist'],
      ['cni', 'x', '10.4.1.0/24', '/etc/cni/net.d/team/nerdctl-x.conflist'],
      ['libvirt', 'default', '192.168.122.0/24', '/etc/libvirt/qemu/networks/default.xml'],
      ['netplan', 'br0', '10.5.0.0/24', '/etc/netplan/50-lan.yaml'],
      ['systemd-networkd', '20-lan.network', '10.6.0.0/24', '/etc/systemd/network/20-lan.network'],
    ])
    expect(readEngineNetworks(root).unread).toEqual([])
  })
  test('a host without any of them has no networks, and that is no complaint', () => {
    expect(readEngineNetworks(root)).toEqual({ networks: [], enginePools: [], unread: [], docker: null })
  })
  test('files of other kinds beside them are left alone', () => {
    write('etc/containers/networks/netavark.lock', 'x')
    write('etc/cni/net.d/100-crio-bridge.conflist.disabled', '{')
    write('etc/cni/net.d/calico-kubeconfig', 'apiVersion: v1')
    write('etc/netplan/50-lan.yaml.bak', ': :')
    write('etc/systemd/network/50-link.link', '[Match]')
    expect(readEngineNetworks(root)).toEqual({ networks: [], enginePools: [], unread: [], docker: null })
  })
  test('what cannot be understood is reported and hides nothing else', () => {
    write('etc/containers/networks/bad.json', '{"name": ')
    write('etc/containers/networks/good.json', netavark('good', '10.89.1.0/24'))
    mkdirSync(join(root, 'etc/containers/networks/folder.json'))
    symlinkSync('nowhere', join(root, 'etc/containers/networks/gone.json'))
    symlinkSync('loop.json', join(root, 'etc/containers/networks/loop.json'))
    const { networks, unread } = readEngineNetworks(root)
    expect(networks.map(({ name }) => name)).toEqual(['good'])
    expect(unread).toEqual([
      expect.stringContaining(`${root}/etc/containers/networks/bad.json could not be understood`),
      `${root}/etc/containers/networks/loop.json could not be read (its links go in circles): the networks it defines are not avoided.`,
    ])
  })
  test('a pipe and a file too long to be one of these are told, and neither is read', () => {
    write('etc/docker/daemon.json', ' '.repeat(5 * 2 ** 20))
    mkdirSync(join(root, 'etc/netplan'), { recursive: true })
    execFileSync('mkfifo', [join(root, 'etc/netplan/pipe.yaml')])
    expect(readEngineNetworks(root).unread).toEqual([
      expect.stringMatching(
        /daemon\.json could not be read \(it has 5242880 bytes, and at most 4 MiB are read\)/,
      ),
      expect.stringMatching(/pipe\.yaml could not be read \(it is a pipe, and only a file is read here\)/),
    ])
  })
  test('files nested without end are told with their place, and what the others define is avoided all the same', () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
    write('etc/docker/daemon.json', `{"bip": ${deep}}`)
    write('etc/cni/net.d/a.conflist', `{"plugins": ${deep}}`)
    write('etc/containers/networks/a.json', `{"subnets": ${deep}}`)
    write('etc/netplan/a.yaml', `network: ${deep}`)
    write('etc/libvirt/qemu/networks/a.xml', '<a>'.repeat(100_000))
    write('etc/systemd/network/a.network', `[Network]\nAddress${' '.repeat(1_000_000)}x`)
    write('etc/systemd/network/b.network', networkd('10.1.0.1/24'))
    const { networks, unread } = readEngineNetworks(root)
    expect(networks.map(({ subnets }) => subnets)).toEqual([['10.1.0.0/24']])
    expect(unread).toEqual([
      expect.stringMatching(
        /daemon\.json could not be understood: it is not JSON \(line 1:208: it is nested more/,
      ),
      expect.stringMatching(/a\.json could not be understood: it is not JSON \(line 1:212: /),
      expect.stringMatching(/a\.conflist could not be understood: it is not JSON \(line 1:212: /),
      expect.stringMatching(/a\.xml could not be understood: line 1: unclosed tag: a/),
      expect.stringMatching(
        /a\.yaml could not be understood: line 1:\d+: this cannot be read as YAML: it is nested/,
      ),
    ])
  })
  test('of systemd files with one name the first counts, and a link to /dev/null masks the others', () => {
    write('usr/lib/systemd/network/80-a.network', networkd('10.1.0.1/24'))
    write('run/systemd/network/80-a.network', networkd('10.2.0.1/24'))
    write('etc/systemd/network/80-a.network', networkd('10.3.0.1/24'))
    write('usr/lib/systemd/network/80-b.network', networkd('10.4.0.1/24'))
    symlinkSync('/dev/null', join(root, 'etc/systemd/network/80-b.network'))
    write('run/systemd/network/80-c.network', networkd('10.5.0.1/24'))
    write('etc/systemd/network/80-c.network.d/more.conf', networkd('10.6.0.1/24'))
    write('etc/systemd/network/80-b.network.d/more.txt', networkd('10.7.0.1/24'))
    expect(found().map(([, , subnets]) => subnets)).toEqual(['10.3.0.0/24', '10.5.0.0/24', '10.6.0.0/24'])
  })
  test('a netplan file in /run shadows that of the same name in /etc', () => {
    const netplan = (address: string) => `network: {bridges: {br0: {addresses: [${address}]}}}`
    write('etc/netplan/50-lan.yaml', netplan('10.1.0.1/24'))
    write('run/netplan/50-lan.yaml', netplan('10.2.0.1/24'))
    expect(found()).toEqual([['netplan', 'br0', '10.2.0.0/24', '/run/netplan/50-lan.yaml']])
  })
  test('a running libvirt network is not named twice', () => {
    const network = '<network><name>default</name><ip address="192.168.122.1" prefix="24"/></network>'
    write('etc/libvirt/qemu/networks/default.xml', network)
    write('run/libvirt/network/default.xml', `<networkstatus>${network}</networkstatus>`)
    expect(found()).toEqual([
      ['libvirt', 'default', '192.168.122.0/24', '/etc/libvirt/qemu/networks/default.xml'],
    ])
  })
  test("Docker's pools are told apart from its networks", () => {
    write('etc/docker/daemon.json', '{"default-address-pools": [{"base": "172.30.0.0/16", "size": 24}]}')
    const { networks, enginePools } = readEngineNetworks(root)
    expect([networks, enginePools.map(({ base }) => base)]).toEqual([[], ['172.30.0.0/16']])
  })
  test('what an ordinary user may not read is reported', () => {
    write('etc/netplan/50-lan.yaml', 'network: {}')
    write('etc/libvirt/qemu/networks/default.xml', '<network/>')
    chmodSync(root, 0o755)
    chmodSync(join(root, 'etc/netplan/50-lan.yaml'), 0)
    chmodSync(join(root, 'etc/libvirt/qemu/networks'), 0)
    const { geteuid, seteuid } = process
    const asRoot = geteuid?.() === 0
    if (asRoot) seteuid?.(65534)
    try {
      expect([...readEngineNetworks(root).unread].sort()).toEqual([
        `${root}/etc/libvirt/qemu/networks could not be read (this user may not read it): the networks defined in it are not avoided.`,
        `${root}/etc/netplan/50-lan.yaml could not be read (this user may not read it): the networks it defines are not avoided.`,
      ])
    } finally {
      if (asRoot) seteuid?.(0)
      chmodSync(join(root, 'etc/libvirt/qemu/networks'), 0o755)
    }
  })
})

test('readHost has the networks among its facts, and what could not be understood in unread', async () => {
  write('etc/containers/networks/web.json', netavark('web', '10.89.0.0/24'))
  write(
    'etc/docker/daemon.json',
    '{"bip": 7, "default-address-pools": [{"base": "172.30.0.0/16", "size": 24}]}',
  )
  const { networks, enginePools, unread } = await readHost({ root, processNames: false })
  expect(networks).toEqual([expect.objectContaining({ engine: 'podman', subnets: ['10.89.0.0/24'] })])
  expect(enginePools).toEqual([expect.objectContaining({ base: '172.30.0.0/16', size: 24 })])
  expect(unread?.filter((sentence) => sentence.includes('daemon.json'))).toEqual([
    expect.stringContaining('bip: expected a subnet'),
  ])
})
