import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { oneService, quietHost } from './host-facts.ts'
import { portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const everything = `name: shop
services:
  web: {networks: [web], ports: ["8080:80", "127.0.0.1:8081:81/udp"]}
  admin: {networks: [web, data], ports: [{target: 80, published: 9000, x-portolan: {allow_from: [198.51.100.0/24]}}]}
  range: {networks: [quiet], ports: ["5000-5039:5000-5039/udp", "7000:7000/sctp"]}
networks:
  web: {enable_ipv6: true}
  data: {internal: true}
  quiet: {driver_opts: {com.docker.network.bridge.enable_icc: "false", com.docker.network.driver.mtu: 1400}}
`

const folder = temporaryFolder({
  'host.json': quietHost,
  'compose.yaml': oneService,
  'everything.yaml': everything,
  'twice.yaml': 'name: shop\nservices: {a: {ports: ["80:80"]}, b: {ports: ["80:80"]}}\n',
})

/** Prints the script for everything now. Fails unless the command succeeds and prints nothing else. */
const printScript = async (words: readonly string[]): Promise<string> => {
  const command = ['script', '--host', 'host.json', '-f', 'everything.yaml', ...words]
  const { code, stdout, stderr } = await portolan(command, { folder })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const printed = new Map<string, Promise<string>>()

/** The same script, printed once for each set of arguments. */
const scriptFor = (...words: readonly string[]): Promise<string> => {
  const key = words.join(' ')
  const found = printed.get(key) ?? printScript(words)
  printed.set(key, found)
  return found
}

/** Runs a program in a new network namespace, with its own /run for the lock of iptables-legacy. */
const apart = ['unshare', '--net', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$@"', 'sh']

/** Fails with the program's own message unless the program accepts the text. */
const accept = async (text: string, program: readonly string[]): Promise<void> => {
  const { code, stderr } = await run([...apart, ...program], { folder, input: text })
  expect({ program, code, stderr }).toEqual({ program, code: 0, stderr: '' })
}

describeOnKernel('scripts for nftables', 'nftables', () => {
  test('nft reads the format nft', async () =>
    accept(await scriptFor('--format', 'nft'), ['nft', '-c', '-f', '-']))

  test('nft -j reads the format nft-json', async () => {
    const text = await scriptFor('--format', 'nft-json')
    expect(fromJson(text)).toHaveProperty('nftables')
    await accept(text, ['nft', '-c', '-j', '-f', '-'])
  })
})

describe.each(['iptables-nft', 'iptables-legacy'] as const)('the format iptables-restore', (backend) => {
  describeOnKernel(`of ${backend}`, backend, () => {
    test('is one text that both families read', async () => {
      const text = await scriptFor('--format', 'iptables-restore', '--backend', backend)
      await accept(text, [`${backend}-restore`, '--noflush', '--test'])
      await accept(text, [backend.replace('iptables', 'ip6tables').concat('-restore'), '--noflush', '--test'])
    })
  })
})

describe.each(['nftables', 'iptables-nft', 'iptables-legacy'])('the format sh for %s', (backend) => {
  test('is a POSIX shell script with the bridges, the rules and the sysctls, that stops at the first error', async () => {
    const text = await scriptFor('--format', 'sh', '--backend', backend)
    writeFileSync(join(folder, `${backend}.sh`), text)
    expect(await run(['dash', '-n', `${backend}.sh`], { folder })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    expect(text).toMatch(/^#!\/bin\/sh\n(#.*\n)+set -eu\n/)
    expect(text.match(/ip link add name '?br-/g)).toHaveLength(3)
    expect(text).toContain('mtu 1400')
    expect(text).toMatch(/echo 1 > '?\/proc\/sys\/net\/ipv4\/ip_forward/)
    // The shell must expand no text of a user. Outside quotes and here-documents, each `$` belongs to the script's own
    // variables.
    const code = text.replace(/<<'(\w+)'\n[\s\S]*?\n\1\n/g, '\n').replace(/'[^']*'/g, "''")
    expect(new Set(code.match(/[$`][^\s"]*/g) ?? [])).toEqual(
      new Set(
        code.match(/\$(\{?(bridge|port|conf|name|learnt|flag|hooks|isolated)\b|\((cat|ip)\b)[^\s"]*/g) ?? [],
      ),
    )
  })
})

describe('the backend', () => {
  test('follows from the format', async () => {
    const restore = await scriptFor('--format', 'iptables-restore')
    expect(restore).toBe(await scriptFor('--format', 'iptables-restore', '--backend', 'iptables-nft'))
    expect(await scriptFor('--format', 'sh')).toBe(await scriptFor('--format', 'sh', '--backend', 'nftables'))
  })

  test.each([
    ['nft', 'iptables'],
    ['iptables-restore', 'nftables'],
  ])('cannot be another than that of the format: %s for %s', async (format, backend) => {
    const words = ['script', '--host', 'host.json', '--format', format, '--backend', backend]
    const { code, stdout, stderr } = await portolan(words, { folder })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^portolan: the format .* is not one of the backend .*: use --backend /)
  })
})

test('script needs a format, and names the four', async () => {
  for (const words of [[], ['--format', 'pf']]) {
    const { code, stdout, stderr } = await portolan(['script', '--host', 'host.json', ...words], { folder })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('nft, nft-json, iptables-restore, sh')
  }
})

test('a conflict that blocks is told on standard error, and the script is whole all the same', async () => {
  const words = ['script', '--host', 'host.json', '--format', 'nft', '-f', 'twice.yaml']
  const { code, stdout, stderr } = await portolan(words, { folder })
  expect(code).toBe(0)
  expect(stderr).toMatch(/^portolan: DuplicateHostPort: /)
  expect(stdout).toMatch(/^#!.*nft -f\n[\s\S]*\n}\n$/)
})

test('a name that is a shell command is refused, not printed', async () => {
  for (const input of [
    'services: {"$(reboot)": {ports: ["80:80"]}}\n',
    `services: {w: {ports: ["80:80"], networks: ["a'; reboot; '"]}}\nnetworks: {"a'; reboot; '": {}}\n`,
    'services: {w: {networks: [n]}}\nnetworks: {n: {driver_opts: {com.docker.network.bridge.name: "a;reboot"}}}\n',
  ]) {
    const { code, stdout, stderr } = await portolan(
      ['script', '--host', 'host.json', '--format', 'sh', '-f', '-'],
      {
        folder,
        input,
      },
    )
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/expected .*letters/)
  }
})

test('the same input gives the same bytes', async () => {
  for (const words of [
    ['--format', 'nft-json'],
    ['--format', 'sh', '--backend', 'iptables-legacy'],
  ]) {
    expect(await printScript(words)).toBe(await scriptFor(...words))
  }
})
