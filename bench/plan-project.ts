import { type Backend, noRules, plan, readCompose } from 'portolan'
import { ordinaryFacts, ordinaryRules } from './ordinary-host.ts'
import { manyMappings, manyNetworks } from './project-text.ts'

// Run in its own process, because a peak of memory counts all that a process has done.
const [what = '', size = '', backend = '', host = ''] = process.argv.slice(2)

const text = what === 'networks' ? manyNetworks(Number(size)) : manyMappings(Number(size))
const intent = readCompose(text, { source: 'compose.yaml' })
const start = process.hrtime.bigint()
const { changes } = await plan(intent, {
  facts: host === 'ordinary' ? ordinaryFacts : {},
  rules: host === 'ordinary' ? ordinaryRules() : noRules,
  backend: backend as Backend,
  pools: ['10.128.0.0/9:24'],
})
if (changes.length < Number(size)) throw new Error(`the plan has ${changes.length} changes only`)
const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
// In KiB (getrusage(2), as libuv gives it).
const megabytes = (process.resourceUsage().maxRSS * 1024) / 1e6
process.stdout.write(JSON.stringify({ milliseconds, megabytes }))
