/** The NVIDIA cards of this machine, as the driver's own tool tells of them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface GraphicsCard {
  name: string;
  /** Such as `23028 MiB`. */
  memory: string;
  driver: string;
}

/** None when there is no driver. */
export async function graphicsCards(): Promise<GraphicsCard[]> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 20_000 });
    return stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', memory = '', driver = ''] = line.split(',').map((cell) => cell.trim());
        return { name, memory, driver };
      });
  } catch (error) {
    // No such program, or one that finds no card.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || typeof code === 'number') return [];
    throw error;
  }
}
