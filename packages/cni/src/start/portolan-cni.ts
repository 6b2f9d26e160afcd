import { runPlugin } from './plugin-program.ts'

void runPlugin({
  program: 'portolan-cni',
  plugin: 'cni',
  arguments: [],
  verb: process.env.CNI_COMMAND ?? '',
  atOnce: ['', 'VERSION'],
})
