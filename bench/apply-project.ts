import { apply, type Backend, plan, readCompose } from 'portolan'
import { newState } from './live-host.ts'
import { manyMappings } from './project-text.ts'

// Run in its own process and network namespace, because a peak of memory counts all that a process has done.
const [size = '', backend = ''] = process.argv.slice(2)

const intent = readCompose(manyMappings(Number(size)), { source: 'compose.yaml', project: 'bench' })
const options = { stateDirectory: newState() }
const start = process.hrtime.bigint()
const planned = await plan(intent, { ...options, backend: backend as Backend, pools: ['10.128.0.0/9:24'] })
if (planned.changes.length < Number(size))
  throw new Error(`the plan has ${planned.changes.length} changes only`)
await apply(planned, options)
const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
// In KiB (getrusage(2), as libuv gives it).
const megabytes = (process.resourceUsage().maxRSS * 1024) / 1e6
process.stdout.write(JSON.stringify({ milliseconds, megabytes }))
