import { expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { oneService } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({ 'compose.yaml': oneService })

/** A host on which neither nft nor iptables is installed: an empty folder stands over where they are. */
const bare = ['unshare', '--net', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /usr/sbin && exec "$@"', 'sh']

describeOnKernel('where the programs are not installed', 'nftables', () => {
  test.each([
    ['nftables', 'nft', 'nftables'],
    ['iptables', 'iptables', 'iptables'],
    ['iptables-nft', 'iptables-nft', 'iptables'],
    ['iptables-legacy', 'iptables-legacy', 'iptables'],
  ])(
    '--backend %s is an error that names the program and its package',
    async (backend, tool, packageName) => {
      const { code, stdout, stderr } = await portolan(['plan', '--backend', backend], { folder, under: bare })
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toBe(
        `portolan: ${tool} is not installed: install the package ${packageName} and run this again.\n`,
      )
    },
  )

  test('without a choice the plan is shown all the same, with what to install', async () => {
    const { code, stdout } = await portolan(['plan'], { folder, under: bare })
    expect(code).toBe(2)
    expect(stdout).toContain('install the package nftables (or iptables) before you apply')
  })

  test('but apply names what is missing, and changes nothing', async () => {
    const { code, stderr } = await portolan(['apply', '--yes'], { folder, under: bare })
    expect(code).toBe(1)
    expect(stderr).toContain('nft is not installed: install the package nftables')
  })

  test('with --json the program and the package are fields', async () => {
    const { code, stdout } = await portolan(['plan', '--backend', 'nftables', '--json'], {
      folder,
      under: bare,
    })
    expect(code).toBe(1)
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'MISSING_TOOL', tool: 'nft', package: 'nftables' })
  })

  test('a plan for another host needs no program', async () => {
    const words = ['plan', '--host', '-', '--backend', 'iptables-legacy']
    const { code } = await portolan(words, { folder, under: bare, input: '{}' })
    expect(code).toBe(2)
  })
})
