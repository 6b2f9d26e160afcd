import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseResolvConf, readNameservers } from '../../src/facts/nameservers.ts'

describe('parseResolvConf', () => {
  // V7 (moby, netutils/utils_linux_test.go), and what else resolv.conf(5) allows.
  test.each([
    ['', []],
    ['search example.com', []],
    ['  nameserver 1.2.3.4   ', ['1.2.3.4']],
    ['nameserver 1.2.3.4\nsearch example.com\nnameserver 4.3.2.1', ['1.2.3.4', '4.3.2.1']],
    ['search example.com\nnameserver 1.2.3.4\nnameserver 4.3.2.1', ['1.2.3.4', '4.3.2.1']],
    ['nameserver 1.2.3.4\n#nameserver 4.3.2.1', ['1.2.3.4']],
    ['nameserver 1.2.3.4 # not 4.3.2.1', ['1.2.3.4']],
    [';nameserver 4.3.2.1\nnameserver 1.2.3.4;x', ['1.2.3.4']],
    ['nameserver fd6f:c490:ec68::1', ['fd6f:c490:ec68::1']],
    ['nameserver fe80::1234%eth0', ['fe80::1234']],
    ['nameserver FD00:0:0::1\r\nnameserver fd00::1', ['fd00::1']],
    ['nameserver\t1.2.3.4', ['1.2.3.4']],
    ['nameserver', []],
    ['nameserver dns.example', []],
    ['nameservers 1.2.3.4', []],
  ])('%j names %j', (text, expected) => {
    expect(parseResolvConf(text)).toEqual(expected)
  })
})

describe('readNameservers', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'portolan-'))
    writeFileSync(join(folder, 'stub'), 'nameserver 127.0.0.53\noptions edns0\n')
    writeFileSync(join(folder, 'direct'), 'nameserver 192.0.2.53\n')
    writeFileSync(join(folder, 'upstream'), 'nameserver 172.16.0.23\nnameserver 127.0.0.53\n')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test("behind systemd-resolved's stub the real upstreams are found", () => {
    expect(readNameservers(join(folder, 'stub'), join(folder, 'upstream'))).toEqual([
      '127.0.0.53',
      '172.16.0.23',
    ])
  })
  test('without the stub the upstream file is not asked', () => {
    expect(readNameservers(join(folder, 'direct'), join(folder, 'upstream'))).toEqual(['192.0.2.53'])
  })
  test('files that are not there name no server', () => {
    expect(readNameservers(join(folder, 'none'), join(folder, 'upstream'))).toEqual([])
    expect(readNameservers(join(folder, 'stub'), join(folder, 'none'))).toEqual(['127.0.0.53'])
  })
  test('a pipe is not waited for', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    expect(() => readNameservers(join(folder, 'pipe'))).toThrow('it is a pipe, and only a file is read here')
  })
})
