// Filters that are set to nothing stay out of the address.

document.querySelector("form.filters").addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
