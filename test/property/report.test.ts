import { expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import fc from 'fast-check'
import { type HostFacts, type HostRules, noRules, type Plan, plan, readCompose } from 'portolan'
import { settledConfig } from '../../packages/portolan/src/plan/plan-input.ts'
import { drawMaps } from '../../packages/portolan/src/report/draw-maps.ts'
import { gatherQuestions } from '../../packages/portolan/src/report/gather-questions.ts'
import { unpackData } from '../../packages/portolan/src/report/packed-data.ts'
import { printReport } from '../../packages/portolan/src/report/print-report.ts'
import { fromJson } from '../from-json.ts'
import { hostileText } from './arbitrary/hostile.ts'
import { leavesOf, type Path, withLeaf } from './support/leaves.ts'
import { readPage } from './support/read-page.ts'
import { runs } from './support/runs.ts'

/** Strings in foreign names that could become markup in a page. */
const foreign = fc.oneof(
  fc.constantFrom(
    '</script><script>alert(1)</script>',
    '<!--<script>',
    '-->',
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    '</title><svg onload=alert(1)>',
    ']]><b>',
    '&lt;b&gt;&#60;i&#62;',
    'javascript:alert(1)',
    '\u2028alert(1)\u2029',
    '\u202e\u0000\u000c\r\n<',
    '\ud800<',
    '__proto__',
    '$n',
  ),
  hostileText,
  fc.string({ unit: 'binary', maxLength: 20 }),
)

const facts: HostFacts = {
  interfaces: [
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
    { name: 'docker0', kind: 'bridge', up: true, addresses: ['172.17.0.1/16'] },
  ],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
  sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'nginx' }],
  networks: [{ engine: 'podman', name: 'pod', subnets: ['10.0.0.0/16'], file: '/etc/pod.json' }],
  sysctls: { 'net.ipv4.ip_forward': '1' },
}
const saved = `*filter
:FORWARD DROP [0:0]
-A FORWARD -m comment --comment "closed" -i eth0 -j DROP
COMMIT
`
const rules: HostRules = { ...noRules, 'iptables-nft': iptables.parse(saved, 'rules', 'ip') }
const compose =
  'services: {web: {ports: ["8080:80", "90-95:90-95/udp"], command: x}}\nnetworks: {default: {enable_ipv6: true}}'
const intent = readCompose(compose, { source: 'compose.yaml', project: 'shop' })

/** Keys whose strings come from a list in the types, or are numbers and addresses that were parsed before. */
const closed: ReadonlySet<string> = new Set([
  ...[
    'kind',
    'severity',
    'certainty',
    'origin',
    'family',
    'mode',
    'backend',
    'protocol',
    'key',
    'subnet',
    'address',
  ],
])

const tainted = <Data>(data: Data, text: string, at: number | null): Data => {
  const leaves = leavesOf(data).filter(
    ({ path, value }) => typeof value === 'string' && !path.some((key) => closed.has(key)),
  )
  const chosen = at === null ? leaves : leaves.slice(at % leaves.length, (at % leaves.length) + 1)
  const write = (
    whole: unknown,
    { path, value }: { readonly path: Path; readonly value: unknown },
  ): unknown => withLeaf(whole, path, `${String(value)}${text}`)
  return chosen.reduce<unknown>(write, data) as Data
}

test('no name of others becomes more than text in a page, wherever it stands', async () => {
  const planned = await plan(intent, { facts, rules, backend: 'nftables' })
  const questions = gatherQuestions(planned, rules)
  const drawings = drawMaps(planned, settledConfig({}), null, null)
  const script = '/* the script of the page */'
  const plain = readPage(printReport(planned, { questions, drawings, script }))
  const attributes = new Set(plain.tags.flatMap(({ attributes: of }) => [...of.keys()]))
  const part: Pick<
    Plan,
    'project' | 'addresses' | 'conflicts' | 'incomplete' | 'desired' | 'notes' | 'subnets'
  > = planned
  const { project, addresses, conflicts, incomplete, desired, notes, subnets } = part
  const shown = { project, addresses, conflicts, incomplete, desired, notes, subnets }
  const { situations, ...asked } = questions
  const light = {
    ...asked,
    situations: situations.map((one) => ({ ...one, rulesets: one.rulesets.slice(0, 1) })),
  }
  const pageWith = (text: string, at: number | null): ReturnType<typeof readPage> =>
    readPage(
      printReport(
        { ...planned, ...tainted(shown, text, at) },
        { questions: tainted(light, text, at), drawings, script },
      ),
    )
  const namesOf = ({ tags }: ReturnType<typeof readPage>): string => tags.map(({ name }) => name).join()
  fc.assert(
    fc.property(
      foreign.filter((text) => text !== ''),
      fc.oneof(fc.constant(null), fc.nat()),
      (text, at) => {
        const page = pageWith(text, at)
        expect(namesOf(page)).toBe(namesOf(pageWith('harmless', at)))
        for (const tag of page.tags)
          for (const key of tag.attributes.keys()) expect(attributes).toContain(key)
        const [style, data, code, ...more] = page.raw
        expect([style?.name, data?.name, code?.text, more]).toEqual(['style', 'script', script, []])
        expect(unpackData(fromJson(data?.text ?? ''))).toEqual(tainted(light, text, at))
      },
    ),
    runs(60),
  )
})
