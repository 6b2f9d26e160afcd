// Uses one dialect without the rest of Portolan, for an orchestrator that does everything else itself. The desired
// state goes in, and changes come out. A Runner is one function. This one only prints what it would run, on a host
// without rules. @portolan/iptables has the same entries.
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
