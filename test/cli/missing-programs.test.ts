import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { oneService } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({ 'compose.yaml': oneService })

/** A host with these rules but without nft and iptables: an empty folder covers the place of both. */
const bareWith = (rules: string): readonly string[] => [
  ...['unshare', '--net', '--mount', 'sh', '-c'],
  ...['echo "$0" | nft -f - && mount -t tmpfs tmpfs /usr/sbin && exec "$@"', rules],
]
const bare = bareWith('')

describeOnKernel('where the programs are not installed', 'nftables', () => {
  test.each([
    ['iptables', 'iptables', 'iptables'],
    ['iptables-nft', 'iptables-nft', 'iptables'],
    ['iptables-legacy', 'iptables-legacy', 'iptables'],
  ])(
    '--backend %s is an error that names the program and its package',
    async (backend, tool, packageName) => {
      const { code, stdout, stderr } = await portolan(['plan', '--backend', backend], { folder, under: bare })
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toBe(
        `portolan: ${tool} is not installed. Install the package ${packageName} and run this again.\n`,
      )
    },
  )

  test.each([['--backend', 'nftables'], []])(
    'a plan for nftables takes no program: %s %s',
    async (...choice) => {
      const { code, stdout, stderr } = await portolan(['plan', ...choice], { folder, under: bare })
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
      expect(stdout).toContain('nftables table inet portolan')
      expect(stdout).not.toContain('could not be read')
    },
  )

  test('a table of others in nftables is told, with what it takes to read it', async () => {
    const { code, stdout } = await portolan(['plan', '--backend', 'nftables'], {
      folder,
      under: bareWith('table inet guard { }'),
    })
    expect(code).toBe(2)
    expect(stdout).toContain(
      'The nftables table inet guard could not be read: nft is not installed. Install the package nftables and run this again.',
    )
  })

  test('what others wrote into our table is told, with what it takes to read it', async () => {
    const { code, stderr } = await portolan(['plan', '--backend', 'nftables'], {
      folder,
      under: bareWith('table inet portolan { chain c { counter; }; }'),
    })
    expect(code).toBe(1)
    expect(stderr).toBe(
      'portolan: The table inet portolan of nftables could not be read: it holds something that another program wrote, which takes nft to read. nft is not installed. Install the package nftables and run this again.\n',
    )
  })

  test('and apply puts it into force, so that the next plan finds nothing to do', async () => {
    const state = join(folder, 'state')
    const both = `mount -t tmpfs tmpfs /usr/sbin && "$@" && exec "$1" "$2" "$3" plan --state ${state}`
    const { code, stdout, stderr } = await portolan(['apply', '--yes', '--state', state], {
      folder,
      under: ['unshare', '--net', '--mount', 'sh', '-c', both, 'sh'],
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Nothing to do')
  })

  test('with --json the program and the package are fields', async () => {
    const { code, stdout } = await portolan(['plan', '--backend', 'iptables-nft', '--json'], {
      folder,
      under: bare,
    })
    expect(code).toBe(1)
    expect(fromJson<{ readonly error: unknown }>(stdout).error).toMatchObject({
      code: 'MISSING_TOOL',
      tool: 'iptables-nft',
      package: 'iptables',
    })
  })

  test('a plan for another host needs no program', async () => {
    const words = ['plan', '--host', '-', '--backend', 'iptables-legacy']
    const { code } = await portolan(words, { folder, under: bare, input: '{}' })
    expect(code).toBe(2)
  })
})
