// One dialect alone, for an orchestrator that has its own idea of everything else: what is desired goes in, changes
// come out. A Runner is one function; this one only says what it would run, on a host that has no rules yet.
// @portolan/iptables has the same entries.
import { type Runner, readCompose, resolve } from '@portolan/core'
import { adopt, apply, diff, inspect } from '@portolan/nftables'

const runner: Runner = {
  run: async (program, args, { input } = {}) => {
    console.log(`$ ${[program, ...args].join(' ')}`)
    const reads = input === undefined
    if (!reads)
      console.log(
        `  ${input
          .split('\n')
          .filter((line) => line.includes('8080'))
          .join('\n  ')}`,
      )
    return { exitCode: reads ? 1 : 0, stdout: '', stderr: reads ? 'Error: No such file or directory' : '' }
  },
}

const intent = readCompose('services: {web: {ports: ["8080:80"]}}', {
  source: 'compose.yaml',
  project: 'shop',
})
const { desired } = resolve(intent, {})

const actual = await inspect(runner)
const changes = diff(actual, adopt(actual, desired, desired.project))
console.log(
  `${changes.length} changes, such as: ${changes.find(({ after }) => after?.includes('8080'))?.after}`,
)
await apply(changes, runner)
