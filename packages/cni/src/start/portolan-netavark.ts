import { runPlugin } from './plugin-program.ts'

const words = process.argv.slice(2)

void runPlugin({
  program: 'portolan-netavark',
  plugin: 'netavark',
  arguments: words,
  verb: words[0] ?? '',
  atOnce: ['', 'info'],
})
