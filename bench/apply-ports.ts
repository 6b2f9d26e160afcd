import type { Backend } from 'portolan'
import { applyPorts } from './live-host.ts'

// Run by itself: a process is in one network namespace, and this one is of a host that another process made.
const [backend = '', ports = ''] = process.argv.slice(2)
process.stdout.write(`${await applyPorts(Number(ports), backend as Backend)}\n`)
