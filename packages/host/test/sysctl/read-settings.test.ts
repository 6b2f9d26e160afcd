import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readSysctlSettings } from '../../src/index.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portolan-sysctl-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const place = (file: string): string => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  return join(root, file)
}
const write = (file: string, text: string): void => writeFileSync(place(file), text)
const files = (): readonly string[] => readSysctlSettings(root).settings.map(({ file }) => file)

describe('what the configuration of a host sets', () => {
  test('is nothing where there are no files', () => {
    expect(readSysctlSettings(root)).toEqual({ settings: [], unread: [] })
  })

  test('is in the order of the names of files, whichever folder they are in, and sysctl.conf last', () => {
    for (const file of [
      'etc/sysctl.conf',
      'etc/sysctl.d/50-router.conf',
      'usr/lib/sysctl.d/60-distribution.conf',
      'run/sysctl.d/10-early.conf',
      'etc/sysctl.d/README',
    ])
      write(file, 'net.ipv4.ip_forward = 1\n')
    expect(files()).toEqual([
      '/run/sysctl.d/10-early.conf',
      '/etc/sysctl.d/50-router.conf',
      '/usr/lib/sysctl.d/60-distribution.conf',
      '/etc/sysctl.conf',
    ])
  })

  test('is of one file of each name, and of none where that is masked', () => {
    for (const folder of ['usr/lib/sysctl.d', 'run/sysctl.d'])
      for (const name of ['one.conf', 'masked.conf']) write(`${folder}/${name}`, 'net.ipv4.ip_forward = 1\n')
    symlinkSync('/dev/null', place('etc/sysctl.d/masked.conf'))
    expect(files()).toEqual(['/run/sysctl.d/one.conf'])
    expect(readSysctlSettings(root).unread).toEqual([])
  })

  test.each([
    ['yes', ['/etc/ufw/sysctl.conf']],
    ['no', []],
  ])("is ufw's as well where ENABLED is %s", (enabled, expected) => {
    write('etc/ufw/ufw.conf', `# /etc/ufw/ufw.conf\nENABLED=${enabled}\n`)
    write('etc/ufw/sysctl.conf', 'net/ipv4/ip_forward=1\n')
    expect(files()).toEqual(expected)
  })

  test("is systemd-networkd's forwarding, of its own file, of its files for interfaces, and of their drop-ins", () => {
    const network = '[Match]\nName=lan*\n[Network]\n'
    write('etc/systemd/networkd.conf', '[Network]\nIPv4Forwarding=no\n')
    write('usr/lib/systemd/networkd.conf.d/10-router.conf', '[Network]\nIPv4Forwarding=yes\n')
    write('run/systemd/network/20-lan.network', network)
    write('etc/systemd/network/20-lan.network.d/forward.conf', '[Network]\nIPv6Forwarding=1\n')
    for (const folder of ['etc', 'usr/lib'])
      write(
        `${folder}/systemd/network/30-masked.network`,
        folder === 'etc' ? network : `${network}IPForward=yes\n`,
      )
    write('etc/systemd/network/notes.txt', 'IPForward=yes\n')
    expect(readSysctlSettings(root)).toEqual({
      unread: [],
      settings: [
        {
          ...{ name: 'net.ipv4.ip_forward', value: '1', text: 'IPv4Forwarding=yes' },
          file: '/usr/lib/systemd/networkd.conf.d/10-router.conf',
        },
        {
          ...{ name: 'net.ipv6.conf.all.forwarding', value: '1', text: 'IPv6Forwarding=1' },
          file: '/etc/systemd/network/20-lan.network.d/forward.conf',
        },
      ],
    })
  })

  test('names what cannot be read', () => {
    mkdirSync(place('etc/sysctl.d/a.conf'), { recursive: true })
    const { settings, unread } = readSysctlSettings(root)
    expect(settings).toEqual([])
    expect(unread).toEqual([expect.stringMatching(/^\/etc\/sysctl\.d\/a\.conf could not be read: /)])
  })
})
