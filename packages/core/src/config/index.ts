export { type Config, emptyConfig } from './config.ts'
export { layerConfigs } from './layer-configs.ts'
export { parseConfig } from './parse-config.ts'
