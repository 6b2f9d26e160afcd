import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readEngineNetworks } from '../../src/engines/read-engine-networks.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portolan-docker-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const place = (file: string): string => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  return join(root, file)
}
const write = (file: string, text: string): void => writeFileSync(place(file), text)
const stores = join(import.meta.dirname, '../bolt/stores')
const database = 'network/files/local-kv.db'
const keep = (store: string, folder = 'var/lib/docker'): void =>
  copyFileSync(join(stores, store), place(`${folder}/${database}`))
const named = (networks: ReturnType<typeof readEngineNetworks>['networks']) =>
  networks.map(({ name, subnets, bridge }) => `${name} ${subnets?.join(' ')} ${bridge}`)

describe('the database of Docker', () => {
  test('defines every network of a dockerd that does not run, with its bridge', () => {
    keep('docker-26-stopped.db')
    const { networks, unread } = readEngineNetworks(root)
    expect(unread).toEqual([])
    expect(named(networks).toSorted()).toEqual([
      'bridge 172.17.0.0/16 docker0',
      'custom 10.77.0.0/24 br-custom',
      'dual 10.78.0.0/24 fd77:1::/64 br-c02a68462163',
      'labelled 10.79.0.0/24 br-2340c17ee0f3',
      'web 172.18.0.0/16 br-c9843d398e9c',
    ])
    expect(networks[0]).toMatchObject({ engine: 'docker', file: join(root, 'var/lib/docker', database) })
  })
  test.each([
    ['etc/docker/daemon.json', '{"data-root": "/srv/docker"}'],
    ['etc/systemd/system/docker.service', '[Service]\nExecStart=/usr/sbin/dockerd --data-root=/srv/docker\n'],
    ['var/snap/docker/current/config/daemon.json', '{"graph": "/srv/docker/"}'],
  ])('is found where %s says that data is', (file, text) => {
    write(file, text)
    keep('docker-26-stopped.db', 'srv/docker')
    expect(named(readEngineNetworks(root).networks)).toContain('web 172.18.0.0/16 br-c9843d398e9c')
  })
  test('is found where a file of settings says, which the unit of systemd names', () => {
    write('usr/lib/systemd/system/docker.service', '[Service]\nExecStart=/usr/sbin/dockerd -H fd://\n')
    write(
      'etc/systemd/system/docker.service.d/place.conf',
      '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd --config-file /srv/docker.json\n',
    )
    write('srv/docker.json', '{"data-root": "/srv/docker", "bip": "10.9.0.1/24"}')
    keep('docker-26-stopped.db', 'srv/docker')
    const names = named(readEngineNetworks(root).networks)
    expect(names).toContain('web 172.18.0.0/16 br-c9843d398e9c')
    expect(names).toContain('bridge 10.9.0.0/24 docker0')
  })
  test.each<[string, () => void, RegExp]>([
    ['it is no database', () => write(`var/lib/docker/${database}`, '{}'), /\(it is cut off\)/],
    [
      'it is of another format',
      () => write(`var/lib/docker/${database}`, 'SQLite format 3'.repeat(9999)),
      /\(it is no bolt database\)/,
    ],
    [
      'it is larger than any',
      () => write(`var/lib/docker/${database}`, ' '.repeat(65 * 2 ** 20)),
      /\(it has 68157440 bytes, and at most 64 MiB are read\)/,
    ],
  ])('that cannot be read is told, with what to do, where %s', (_, make, why) => {
    make()
    const { networks, unread } = readEngineNetworks(root)
    expect(networks).toEqual([])
    expect(unread).toEqual([expect.stringMatching(why)])
    expect(unread[0]).toMatch(
      /^\S*local-kv\.db, where Docker keeps its networks, could not be read \(.*\): its networks that are down are not avoided\. Name their subnets with --reserve\.$/,
    )
  })
  test.each<[string, () => void, RegExp]>([
    [
      'the folder that settings name is not there',
      () => write('etc/docker/daemon.json', '{"data-root": "/srv/docker"}'),
      /\/srv\/docker\/.*\(its settings name a folder that is not there\)/,
    ],
    [
      'its folder is a link that leads nowhere',
      () => symlinkSync('/srv/disk/docker', place('var/lib/docker')),
      /\(the link \S*\/var\/lib\/docker leads nowhere\)/,
    ],
    [
      'it is a link that leads nowhere itself',
      () => symlinkSync('/srv/disk/local-kv.db', place(`var/lib/docker/${database}`)),
      /\(the link \S*local-kv\.db leads nowhere\)/,
    ],
  ])('that is elsewhere for now is told, where %s', (_, make, why) => {
    make()
    expect(readEngineNetworks(root).unread).toEqual([expect.stringMatching(why)])
  })
  test('that an ordinary user may not read is told, which needs no look at what is in its folder', () => {
    keep('docker-26-stopped.db')
    chmodSync(root, 0o755)
    chmodSync(join(root, 'var/lib/docker'), 0o700)
    const { geteuid, seteuid } = process
    const isRoot = geteuid?.() === 0
    if (isRoot) seteuid?.(65534)
    else chmodSync(join(root, 'var/lib/docker'), 0)
    try {
      expect(readEngineNetworks(root).unread).toEqual([
        expect.stringMatching(/local-kv\.db, .* could not be read \(this user may not read it\)/),
      ])
    } finally {
      if (isRoot) seteuid?.(0)
      chmodSync(join(root, 'var/lib/docker'), 0o755)
    }
  })
})

describe("Podman's default network", () => {
  test('is avoided where Podman has run, though no file of it is there', () => {
    expect(readEngineNetworks(root).networks).toEqual([])
    mkdirSync(join(root, 'var/lib/containers/storage'), { recursive: true })
    expect(named(readEngineNetworks(root).networks)).toEqual(['podman 10.88.0.0/16 podman0'])
  })
  test('is what containers.conf says, and what is added to it, and a file of that name has the last word', () => {
    mkdirSync(join(root, 'var/lib/containers/storage'), { recursive: true })
    write('etc/containers/containers.conf', '[network]\ndefault_subnet = "10.99.0.0/16" # ours\n')
    expect(named(readEngineNetworks(root).networks)).toEqual(['podman 10.99.0.0/16 podman0'])
    write('etc/containers/containers.conf.d/20-last.conf', '[network]\ndefault_subnet = "10.96.0.0/16"\n')
    write('etc/containers/containers.conf.d/10-first.conf', '[network]\ndefault_subnet = "10.95.0.0/16"\n')
    write('etc/containers/containers.conf.d/30-none.conf.old', '[network]\ndefault_subnet = "10.94.0.0/16"\n')
    expect(named(readEngineNetworks(root).networks)).toEqual(['podman 10.96.0.0/16 podman0'])
    write(
      'etc/containers/networks/podman.json',
      '{"name": "podman", "subnets": [{"subnet": "10.98.0.0/16"}]}',
    )
    expect(named(readEngineNetworks(root).networks)).toEqual(['podman 10.98.0.0/16 undefined'])
  })
})

test('networks of Podman are found in the folder that containers.conf names', () => {
  write('etc/containers/containers.conf', "[network]\nnetwork_config_dir = '/srv/networks'\n")
  write('srv/networks/lab.json', '{"name": "lab", "subnets": [{"subnet": "10.97.0.0/24"}]}')
  expect(named(readEngineNetworks(root).networks)).toEqual(['lab 10.97.0.0/24 undefined'])
})

test('the storage of Podman is the one that storage.conf names', () => {
  write('usr/share/containers/storage.conf', '[storage]\ngraphroot = "/var/lib/shared"\n')
  write('etc/containers/storage.conf', '[storage]\ndriver = "vfs"\ngraphroot = "/srv/pods" # big disk\n')
  expect(named(readEngineNetworks(root).networks)).toEqual([])
  copyFileSync(join(stores, '../../sqlite/stores/podman-5.db'), place('srv/pods/db.sql'))
  expect(named(readEngineNetworks(root).networks)).toEqual(['podman 10.88.0.0/16 podman0'])
  const theirs = '{"name": "theirs", "subnets": [{"subnet": "10.66.0.0/24"}]}'
  write('etc/containers/networks/theirs.json', theirs)
  const used = (): readonly string[] | undefined =>
    readEngineNetworks(root, true)
      .networks.find(({ name }) => name === 'theirs')
      ?.used?.flatMap(({ address }) => address ?? [])
  expect(used()).toEqual(['10.66.0.200', '10.66.0.201', '10.66.0.202'])
  write('srv/pods/libpod/bolt_state.db', '')
  expect(used()).toBeUndefined()
})

describe('the addresses that containers have', () => {
  const usedOn = (name: string) =>
    readEngineNetworks(root, true)
      .networks.find((network) => network.name === name)
      ?.used?.map(({ address, by }) => `${address} ${by}`)

  test("are those of Docker's endpoints, and those that a stopped container asks for by name", () => {
    keep('docker-26.db')
    const asks = {
      Name: '/db',
      NetworkSettings: { Networks: { custom: { IPAMConfig: { IPv4Address: '10.77.0.30' } } } },
    }
    write('var/lib/docker/containers/0123456789abcdef/config.v2.json', JSON.stringify(asks))
    write('var/lib/docker/containers/bad/config.v2.json', '{"NetworkSettings": [')
    expect(usedOn('custom')).toEqual(['10.77.0.200 printer', '10.77.0.9 c1', '10.77.0.30 db'])
    expect(usedOn('dual')).toEqual(['10.78.0.2 c2', 'fd77:1::2 c2'])
    expect(usedOn('web')).toEqual([])
  })
  test("are those in Podman's ipam.db, of both families, and those that a stopped container asks for by name", () => {
    write(
      'etc/containers/networks/custom.json',
      '{"name": "custom", "network_interface": "br-pod", "subnets": [{"subnet": "10.66.0.0/24"}, {"subnet": "fd66:1::/64"}]}',
    )
    expect(usedOn('custom')).toEqual([])
    copyFileSync(join(stores, 'netavark-ipam.db'), place('run/containers/networks/ipam.db'))
    expect(usedOn('custom')).toEqual([
      '10.66.0.9 01cf54b8bb87',
      '10.66.0.129 dcf74fa242bc',
      'fd66:1::2 01cf54b8bb87',
      'fd66:1::3 dcf74fa242bc',
    ])
    copyFileSync(join(stores, '../../sqlite/stores/podman-5.db'), place('var/lib/containers/storage/db.sql'))
    write(
      'etc/containers/networks/theirs.json',
      '{"name": "theirs", "subnets": [{"subnet": "10.67.0.0/24"}]}',
    )
    expect(usedOn('theirs')).toEqual(['10.66.0.200 held', '10.66.0.201 two', '10.66.0.202 two'])
    write('var/lib/containers/storage/db.sql-journal', 'another program writes')
    expect(usedOn('theirs')).toBeUndefined()
    rmSync(join(root, 'var/lib/containers'), { recursive: true })
    write('run/containers/networks/ipam.db', 'damaged')
    expect(usedOn('custom')).toBeUndefined()
  })
  test('are not known where Podman keeps its containers in its older database, which is not read', () => {
    write('etc/containers/networks/old.json', '{"name": "old", "subnets": [{"subnet": "10.68.0.0/24"}]}')
    expect(usedOn('old')).toEqual([])
    write('var/lib/containers/storage/libpod/bolt_state.db', '')
    expect(usedOn('old')).toBeUndefined()
  })
  test("are the files of CNI's host-local, and not known without its folder", () => {
    write(
      'etc/cni/net.d/pods.conflist',
      '{"name": "pods", "plugins": [{"type": "bridge", "ipam": {"subnet": "10.22.0.0/16"}}]}',
    )
    expect(usedOn('pods')).toBeUndefined()
    write('var/lib/cni/networks/pods/10.22.0.5', 'id\neth0')
    write('var/lib/cni/networks/pods/last_reserved_ip.0', '10.22.0.5')
    write('var/lib/cni/networks/pods/lock', '')
    expect(usedOn('pods')).toEqual(['10.22.0.5 undefined'])
  })
  test("are the leases of libvirt's DHCP server, and the machines that have one for good", () => {
    write(
      'etc/libvirt/qemu/networks/default.xml',
      '<network><name>default</name><bridge name="virbr0"/><ip address="192.168.122.1" prefix="24"><dhcp><host name="db" ip="192.168.122.6"/></dhcp></ip></network>',
    )
    write(
      'var/lib/libvirt/dnsmasq/virbr0.status',
      '[{"ip-address": "192.168.122.50", "hostname": "web", "expiry-time": 1}]',
    )
    expect(usedOn('default')).toEqual(['192.168.122.6 db', '192.168.122.50 web'])
  })
})
