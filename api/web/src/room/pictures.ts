// Pictures to stand before.
import { picture } from "./memory";

const width = 1280;
const height = 720;

export async function colour(color: string): Promise<Blob> {
  return await painted((context) => {
    context.fillStyle = color;
    context.fillRect(0, 0, width, height);
  });
}

/** The picture that the attendee has chosen. */
export async function own(): Promise<Blob> {
  const image = new Image();
  const url = URL.createObjectURL(blobOf(picture()));
  image.src = url;
  await image.decode().finally(() => URL.revokeObjectURL(url));
  return await painted((context) => cover(context, image, image.naturalWidth, image.naturalHeight));
}

/** Scales a picture that somebody chose to what a background needs, as a data URL. */
export async function resized(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file);
  const canvas = canvasOf();
  cover(contextOf(canvas), bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return canvas.toDataURL("image/jpeg", 0.85);
}

function cover(context: CanvasRenderingContext2D, image: CanvasImageSource, w: number, h: number): void {
  const scale = Math.max(width / w, height / h);
  context.drawImage(image, (width - w * scale) / 2, (height - h * scale) / 2, w * scale, h * scale);
}

async function painted(paint: (context: CanvasRenderingContext2D) => void): Promise<Blob> {
  const canvas = canvasOf();
  paint(contextOf(canvas));
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!blob) {
    throw new Error("the canvas gives no picture");
  }
  return blob;
}

function canvasOf(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) {
    throw new Error("there is no canvas");
  }
  return context;
}

/** The content of a data URL. The content policy lets nothing be fetched from one. */
function blobOf(dataURL: string): Blob {
  const [head = "", body = ""] = dataURL.split(",");
  const bytes = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
  return new Blob([bytes], { type: /:(.*?);/.exec(head)?.[1] ?? "image/jpeg" });
}
