import { describe, expect, test } from '@jest/globals'
import type { Backend } from '../lab/backend.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { commandLine, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const intent = (hostPort: number) =>
  `name: shop\nservices: {web: {networks: [web], ports: ["${hostPort}:80"]}}\nnetworks: {web: {enable_ipv6: true}}\n`
const folder = temporaryFolder({ 'compose.yaml': intent(8080), 'moved.yaml': intent(9090) })

/** The command that saves a backend's rules, and the options that read the saved file. */
const saved: Readonly<Record<Backend, { readonly save: string; readonly options: readonly string[] }>> = {
  nftables: { save: 'nft -j list ruleset > rules.json', options: ['--nft-json', 'rules.json'] },
  'iptables-nft': {
    save: 'iptables-nft-save > nft4.txt; ip6tables-nft-save > nft6.txt',
    options: ['--iptables-save', 'nft4.txt', '--ip6tables-save', 'nft6.txt'],
  },
  'iptables-legacy': {
    save: 'iptables-legacy-save > legacy4.txt; ip6tables-legacy-save > legacy6.txt',
    options: ['--iptables-legacy-save', 'legacy4.txt', '--ip6tables-legacy-save', 'legacy6.txt'],
  },
}

describe.each(Object.keys(saved) as Backend[])('a host saved to files, with %s', (backend) => {
  describeOnKernel('is planned for anywhere', backend, () => {
    const { save, options } = saved[backend]
    const quoted = commandLine.map((word) => `'${word}'`).join(' ')
    const words = ['plan', '--backend', backend, '--host', 'host.json']

    test('as it is there: nothing to do where the project was applied, and only the difference where it changed', async () => {
      const there = [
        'set -e; mount -t tmpfs tmpfs /run; ip link set lo up',
        `${quoted} apply --yes --backend ${backend} --state state >/dev/null`,
        `${quoted} inspect > host.json 2>/dev/null`,
        save,
      ].join('\n')
      const made = await run(['unshare', '--net', '--mount', 'sh', '-c', there], { folder })
      expect(made).toEqual({ code: 0, stdout: '', stderr: '' })

      const settled = await portolan([...words, ...options], { folder })
      expect(settled.stdout).toContain('Nothing to do.')
      expect(settled.code).toBe(0)

      const moved = await portolan([...words, ...options, '-f', 'moved.yaml', '--json'], { folder })
      const { changes } = JSON.parse(moved.stdout)
      expect(moved.code).toBe(2)
      expect(new Set(changes.map(({ part }: { part: string }) => part))).toEqual(new Set([backend]))
      expect(JSON.stringify(changes)).toMatch(/8080[\s\S]*9090|9090[\s\S]*8080/)

      const without = await portolan(words, { folder })
      expect(without.code).toBe(2)
    })
  })
})
